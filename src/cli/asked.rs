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

/// How to ask.
const FORMS: &str = "write HOST/PATH, KIND/NAME or KIND/NAMESPACE/NAME, such as shop.example.com/cart or Service/web";

impl<'a> Asked<'a> {
    /// A first word that is a kind asks for an object; hosts are not called so.
    pub(super) fn parse(text: &'a str) -> Result<Self, CliError> {
        let parts: Vec<&str> = text.split('/').collect();
        let names =
            |own: Kind, word: &str| [own.name(), own.plural(), short(own)].iter().any(|name| name.eq_ignore_ascii_case(word));
        let kind = parts.first().and_then(|word| Kind::ALL.into_iter().find(|own| names(*own, word)));
        let is_named = parts.len() > 1 && parts.last().is_some_and(|name| !name.is_empty());
        let Some(kind) = kind.filter(|_| is_named) else {
            return match (text, kind) {
                ("", _) => Err(CliError::Unusable(FORMS.to_owned())),
                (_, Some(_)) => Err(CliError::Unusable(format!("{text}: {FORMS}"))),
                (_, None) => Ok(Self::Request(Request::parse(text))),
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
    hosts: BTreeMap<String, Host>,
    ids: BTreeSet<ObjectId>,
    /// The objects that declare routes, and no path that leads anywhere.
    bare: BTreeSet<ObjectId>,
}

/// A host that somebody names.
#[derive(Default)]
struct Host {
    paths: BTreeSet<String>,
    objects: BTreeSet<ObjectId>,
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
        if routing.rules.is_empty() && routing.routes.is_empty() {
            self.bare.insert(routing.id.clone());
        }
        for host in routing.hosts() {
            let own = self.hosts.entry(host.to_owned()).or_default();
            own.objects.insert(routing.id.clone());
            let of_rules = routing.rules.iter().flat_map(|rule| &rule.matches).map(|own| own.path.to_string());
            let of_routes = routing.routes.iter().filter(|route| *route.host == *host && route.has_path());
            own.paths.extend(of_rules.chain(of_routes.map(|route| route.path.to_string())));
        }
    }

    /// What to say where nothing is found: what is near.
    pub(super) fn nothing(&self, asked: &Asked<'_>) -> String {
        match asked {
            Asked::Request(request) => self.no_path(request),
            Asked::Object { kind, namespace, name } => {
                let full = namespace.map_or_else(|| (*name).to_owned(), |namespace| format!("{namespace}/{name}"));
                match self.ids.iter().find(|id| asked.names(id)) {
                    Some(id) => no_way(id),
                    None => format!("there is no {kind} {full}{}", self.instead(*kind, name)),
                }
            }
        }
    }

    /// What may be meant: what is called alike, those of the kind first, else what there is of the kind.
    fn instead(&self, kind: Kind, name: &str) -> String {
        let is_alike = |id: &&ObjectId| *id.name == *name || near(name, [&*id.name]).is_some();
        let mut alike: Vec<&ObjectId> = self.ids.iter().filter(is_alike).collect();
        alike.sort_by_key(|id| (id.kind != kind, *id.name != *name));
        let full = |id: &ObjectId| format!("{}/{}/{}", id.kind, id.namespace, id.name);
        if !alike.is_empty() {
            return format!("; did you mean {}?", told(&alike.into_iter().map(full).collect::<Vec<_>>()));
        }
        let all: Vec<String> = self.ids.iter().filter(|id| id.kind == kind).map(full).collect();
        if all.is_empty() { String::new() } else { format!("; there {} {}", are(all.len()), told(&all)) }
    }

    fn no_path(&self, request: &Request) -> String {
        let Request { host, path } = request;
        if let Some(own) = self.hosts.get(&**host) {
            let bare: Vec<String> = own.objects.iter().filter(|id| self.bare.contains(*id)).map(ToString::to_string).collect();
            if own.paths.is_empty() && !bare.is_empty() {
                let verb = if bare.len() == 1 { "names that host, and declares" } else { "name that host, and declare" };
                return format!("nothing takes {host}{path}: {} {verb} no path", told(&bare));
            }
            let paths: Vec<String> = own.paths.iter().cloned().collect();
            let paths = if paths.is_empty() { "none".to_owned() } else { told(&paths) };
            return format!("no path of {host} takes {path}; its paths are {paths}");
        }
        // A word without a dot may be the name of an object.
        let name = path.trim_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(host);
        let is_word = !host.is_empty() && !host.contains(['.', '*']);
        let object = if is_word { format!(" (or KIND/NAME, such as Service/{name})") } else { String::new() };
        if self.hosts.is_empty() {
            return format!("nothing takes {host}{path}: nothing that declares routes was read{object}");
        }
        let names: Vec<String> = self.hosts.keys().filter(|host| !host.is_empty()).cloned().collect();
        let hint = match near(host, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant}?"),
            None if names.is_empty() => "no host is named".to_owned(),
            None => format!("the hosts are {}", told(&names)),
        };
        format!("no path takes {host}{path}; {hint}{object}")
    }
}

/// Why no way leads through an object that is there.
fn no_way(id: &ObjectId) -> String {
    match id.kind {
        Kind::Gateway | Kind::ListenerSet => format!("no route hangs on {id}"),
        Kind::GrpcRoute | Kind::HttpRoute | Kind::TlsRoute => format!("{id} has no rules"),
        kind if kind.declares_routes() => format!("{id} declares no path that leads to a backend"),
        kind if kind.is_workload() => format!("no Service selects the pods of {id}, so nothing reaches them"),
        _ => format!("no request goes through {id}"),
    }
}

/// What the answers are of, where that are several: objects of one name, or one object that several files hold.
pub(super) fn heads(asked: &Asked<'_>, found: &[(ObjectId, String)]) -> Vec<String> {
    let mut files: BTreeMap<&ObjectId, BTreeSet<&str>> = BTreeMap::new();
    for (id, file) in found {
        files.entry(id).or_default().insert(file);
    }
    let full = |id: &&ObjectId| format!("{}/{}", id.namespace, id.name);
    let ids: Vec<String> = files.keys().map(full).collect();
    let mut heads = Vec::new();
    // A request may well be answered by objects of many names.
    if let Asked::Object { kind, name, .. } = asked
        && ids.len() > 1
    {
        heads.push(format!("{} {} are called {name}: {}", ids.len(), kind.plural(), told(&ids)));
    }
    let several = files.iter().filter(|(_, files)| files.len() > 1);
    heads.extend(several.map(|(id, files)| format!("{id} stands in {} files; each is shown in its own world", files.len())));
    heads
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn told(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
