//! What `no502 trace` is asked for, and what to say where it is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::CliError;
use super::effective::short;
use crate::engine::Request;
use crate::inventory::{Inventory, World};
use crate::model::Routing;
use crate::object::{Kind, ObjectId};
use crate::policy::near;

/// What was asked for.
pub(super) enum Asked<'a> {
    /// Who answers a request.
    Request(Request),
    /// What leads to an object and on from it.
    Object { kind: Kind, namespace: Option<&'a str>, name: &'a str },
}

/// Whether there is a way through objects of a kind.
fn is_traced(kind: Kind) -> bool {
    kind.declares_routes() || kind.is_workload() || matches!(kind, Kind::Gateway | Kind::ListenerSet | Kind::Service)
}

impl<'a> Asked<'a> {
    /// A first word that is a kind asks for an object; hosts are not called so.
    pub(super) fn parse(text: &'a str) -> Result<Self, CliError> {
        let parts: Vec<&str> = text.split('/').collect();
        let names =
            |own: Kind, word: &str| [own.name(), own.plural(), short(own)].iter().any(|name| name.eq_ignore_ascii_case(word));
        let kind = parts.first().and_then(|word| Kind::ALL.into_iter().find(|own| names(*own, word)));
        let (Some(kind), true) = (kind, parts.len() > 1) else {
            return if text.is_empty() || kind.is_some() {
                Err(CliError::Unusable(format!("{text}: write HOST/PATH, KIND/NAME or KIND/NAMESPACE/NAME")))
            } else {
                Ok(Self::Request(Request::parse(text)))
            };
        };
        if !is_traced(kind) {
            let all: Vec<&str> = Kind::ALL.into_iter().filter(|own| is_traced(*own)).map(Kind::name).collect();
            return Err(CliError::Unusable(format!(
                "{text}: no request goes through a {kind}; ask for one of {}",
                all.join(", ")
            )));
        }
        match *parts {
            [_, name] => Ok(Self::Object { kind, namespace: None, name }),
            [_, namespace, name] => Ok(Self::Object { kind, namespace: Some(namespace), name }),
            _ => Err(CliError::Unusable(format!("{text}: write KIND/NAMESPACE/NAME, such as {kind}/shop/web"))),
        }
    }

    /// Whether this is the object that was asked for.
    pub(super) fn names(&self, id: &ObjectId) -> bool {
        match self {
            Self::Request(_) => false,
            Self::Object { kind, namespace, name } => {
                id.kind == *kind && *id.name == **name && namespace.is_none_or(|namespace| *id.namespace == *namespace)
            }
        }
    }
}

/// How many names are told at most.
const MOST: usize = 8;

/// What there is: hosts with their paths, and objects.
#[derive(Default)]
pub(super) struct Known {
    hosts: BTreeMap<String, BTreeSet<String>>,
    ids: BTreeSet<ObjectId>,
}

impl Known {
    pub(super) fn add(&mut self, id: &ObjectId, world: &World<'_>) {
        if is_traced(id.kind) {
            self.ids.insert(id.clone());
        }
        if let Some(routing) = world.routing(id) {
            self.add_routing(routing);
        }
    }

    pub(super) fn add_all(&mut self, world: &World<'_>, inventory: &Inventory) {
        self.ids.extend(Kind::ALL.into_iter().filter(|kind| is_traced(*kind)).flat_map(|kind| inventory.ids(kind)));
        world.routings().for_each(|routing| self.add_routing(routing));
    }

    fn add_routing(&mut self, routing: &Routing) {
        for host in routing.hosts() {
            let paths = self.hosts.entry(host.to_owned()).or_default();
            let of_rules = routing.rules.iter().flat_map(|rule| &rule.matches).map(|own| own.path.to_string());
            let of_routes = routing.routes.iter().filter(|route| *route.host == *host && route.has_path());
            paths.extend(of_rules.chain(of_routes.map(|route| route.path.to_string())));
        }
    }

    /// What to say where nothing is found: what is near.
    pub(super) fn nothing(&self, asked: &Asked<'_>) -> String {
        match asked {
            Asked::Request(request) => self.no_path(request),
            Asked::Object { kind, namespace, name } => {
                let full = namespace.map_or_else(|| (*name).to_owned(), |namespace| format!("{namespace}/{name}"));
                let is_there = |id: &&ObjectId| asked.names(id);
                if let Some(id) = self.ids.iter().find(is_there) {
                    return format!("no request goes through {id}: no path leads there, or it has none");
                }
                let alike = self.ids.iter().filter(|id| near(name, [&*id.name]).is_some() || *id.name == **name);
                let alike: Vec<String> = alike.map(|id| format!("{}/{}/{}", id.kind, id.namespace, id.name)).collect();
                let hint = if alike.is_empty() { String::new() } else { format!("; did you mean {}?", told(&alike)) };
                format!("there is no {kind} {full}{hint}")
            }
        }
    }

    fn no_path(&self, request: &Request) -> String {
        let Request { host, path } = request;
        if let Some(paths) = self.hosts.get(&**host) {
            let paths: Vec<String> = paths.iter().cloned().collect();
            let paths = if paths.is_empty() { "none".to_owned() } else { told(&paths) };
            return format!("no path of {host} takes {path}; its paths are {paths}");
        }
        if self.hosts.is_empty() {
            return format!("nothing takes {host}{path}: nothing that declares routes was read");
        }
        let names: Vec<&str> = self.hosts.keys().map(String::as_str).filter(|host| !host.is_empty()).collect();
        let hint = match near(host, names.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("the hosts are {}", told(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())),
        };
        format!("no path takes {host}{path}; {hint}")
    }
}

fn told(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
