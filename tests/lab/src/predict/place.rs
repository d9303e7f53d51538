//! Where in nginx.conf the directives of one Ingress stand.

use super::conf::Block;
use super::said::Said;

/// A part of what is written for one Ingress.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The block of its host.
    Server,
    /// The location of its first path.
    Location,
    /// The heads of all locations of its paths.
    Locations,
    /// The location that asks who a client is.
    Auth,
    /// The location that sends a client to where it can say so.
    Signin,
    /// The location that sends a copy.
    Mirror,
    /// The block of the same host with `www.`.
    Www,
    /// Who is under no limit.
    Allowlist,
}

/// What is written for one Ingress.
pub(super) struct Site {
    server: Block,
    www: Option<Block>,
    allowlist: Option<Block>,
    /// The heads that the location of its first path may have.
    first: Vec<String>,
}

impl Site {
    /// Looks it up; nothing, if the host has no block.
    pub(super) fn find(file: &str, said: &Said<'_>, name: &str) -> Option<Self> {
        let server = server_block(file, &said.host)?;
        let www = server_block(file, &format!("www.{}", said.host));
        let allowlist = file.split_once(&format!("# Ratelimit {}_{name}_", super::NAMESPACE)).and_then(|(_, rest)| {
            let (_, rest) = rest.split_once('\n')?;
            Block::read(rest).inner("geo").cloned()
        });
        let first = said.locations().and_then(|all| all.into_iter().next()).unwrap_or_default();
        Some(Self { server, www, allowlist, first })
    }

    /// The status with which all of it is refused.
    pub(super) fn denied(&self) -> Option<u16> {
        let says = |block: Option<&Block>, status: &str| {
            block.is_some_and(|block| block.values("return").iter().any(|own| own == status))
        };
        let status = [(Place::Server, 403), (Place::Location, 503)];
        status.into_iter().find(|(place, status)| says(self.block(*place), &status.to_string())).map(|(_, status)| status)
    }

    /// What stands behind a directive; nothing, if it or its block is not there.
    pub(super) fn values(&self, place: Place, directive: &str) -> Vec<String> {
        match (place, self.block(place)) {
            (_, None) => Vec::new(),
            // The controller's own begin with an underscore, and those without a path with an @.
            (Place::Locations, Some(server)) => {
                let heads = server.heads().filter(|head| head.starts_with(directive));
                heads.filter(|head| !head.contains(" /_") && !head.contains(" @")).map(str::to_owned).collect()
            }
            (Place::Allowlist, Some(list)) => {
                list.directives().filter_map(|own| own.strip_suffix(" 1")).map(str::to_owned).collect()
            }
            (_, Some(block)) => block.values(directive),
        }
    }

    fn block(&self, place: Place) -> Option<&Block> {
        match place {
            Place::Server | Place::Locations => Some(&self.server),
            Place::Location => self.server.one_of(&self.first),
            Place::Auth => self.server.inner("location = /_external-auth-"),
            Place::Mirror => self.server.inner("location = /_mirror-"),
            Place::Signin => {
                let mut heads = self.server.heads().filter(|head| head.starts_with("location @"));
                self.server.inner(heads.find(|head| !head.starts_with("location @custom_"))?)
            }
            Place::Www => self.www.as_ref(),
            Place::Allowlist => self.allowlist.as_ref(),
        }
    }
}

/// Whether a host has a block.
pub(super) fn has_server(file: &str, host: &str) -> bool {
    server(file, host).is_some()
}

fn server<'t>(file: &'t str, host: &str) -> Option<&'t str> {
    let (_, rest) = file.split_once(&format!("## start server {host}\n"))?;
    rest.split_once(&format!("## end server {host}\n")).map(|(block, _)| block)
}

fn server_block(file: &str, host: &str) -> Option<Block> {
    Block::read(server(file, host)?).inner("server").cloned()
}
