//! What two routes of the Gateway API do to each other: where they meet, and which of them gets the requests that both take.
//!
//! The API fixes the order for all gateways (`apis/v1/httproute_types.go` and its neighbours in `kubernetes-sigs/gateway-api`): of two
//! matches that are the very same the older route wins, and within one route the first rule.

use std::collections::HashMap;

use crate::finding::Label;
use crate::inventory::{Attachment, World};
use crate::model::{Backend, BackendPort, Listener, PathType, RouteMatch, RouteRule, Routing};
use crate::object::is_placeholder;

/// A match, its rule, and the route that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Matched<'c> {
    pub(super) routing: &'c Routing,
    pub(super) rule: &'c RouteRule,
    pub(super) own: &'c RouteMatch,
}

/// A Service and its port, as a backend names them.
type Target<'c> = (&'c str, &'c str, Option<u16>);

/// All matches of a route, in their order.
pub(super) fn all(routing: &Routing) -> impl Iterator<Item = Matched<'_>> {
    routing.rules.iter().flat_map(move |rule| rule.matches.iter().map(move |own| Matched { routing, rule, own }))
}

/// Matches by their paths, so that only few are compared.
pub(super) struct ByPath<'c, T>(HashMap<&'c str, Vec<(T, Matched<'c>)>>);

impl<'c, T> ByPath<'c, T> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn add(&mut self, with: T, one: Matched<'c>) {
        self.0.entry(one.key()).or_default().push((with, one));
    }

    /// Those that take the very same requests, in the order in which they were added.
    pub(super) fn same<'s>(&'s self, one: Matched<'c>) -> impl Iterator<Item = &'s (T, Matched<'c>)> {
        self.0.get(one.key()).into_iter().flatten().filter(move |(_, other)| other.own.is_same(one.own))
    }
}

impl<'c> Matched<'c> {
    fn key(&self) -> &'c str {
        self.own.path.trim_end_matches('/')
    }

    /// As a person would call it: `shop.example.com GET /cart`.
    pub(super) fn shown(&self) -> String {
        let host = self.routing.hosts().find(|host| !host.is_empty()).unwrap_or("*");
        format!("{host} {}", self.own.shown())
    }

    /// Where it is, in words: `host shop.example.com, path /cart`.
    pub(super) fn place(&self) -> String {
        let host = self.routing.hosts().find(|host| !host.is_empty());
        let host = host.map_or_else(|| "any host".to_owned(), |host| format!("host {host}"));
        if self.own.path.is_empty() { host } else { format!("{host}, path {}", self.own.shown()) }
    }

    pub(super) fn label(&self) -> Label {
        Label::new(&self.routing.id, self.own.address()).of(self.shown())
    }

    /// Who gets its requests, sorted; `None` where nobody can tell.
    fn targets(&self) -> Option<Vec<Target<'c>>> {
        let routing = self.routing;
        let own = routing.routes.iter().filter(|route| route.section() == Some(self.rule.index) && route.weight > 0);
        let targets = own.map(|route| match &route.backend {
            Backend::Service { port, .. } => {
                let (namespace, name) = route.service(&routing.id.namespace)?;
                let port = match port {
                    BackendPort::Number(number) => Some(*number),
                    BackendPort::Name(_) | BackendPort::Unreadable => None,
                };
                Some((namespace, name, port))
            }
            Backend::Undefined(_) | Backend::Other => None,
        });
        let mut targets = targets.collect::<Option<Vec<Target<'c>>>>()?;
        // What an extension does with a request cannot be told.
        if targets.is_empty() {
            self.rule.answers_itself()?;
        }
        targets.sort_unstable();
        targets.dedup();
        Some(targets)
    }

    /// Whether its requests surely go to others than those of another match.
    pub(super) fn leads_elsewhere(&self, other: &Matched<'_>) -> bool {
        match (self.targets(), other.targets()) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        }
    }

    /// Whether a Service gets its requests.
    pub(super) fn has_backend(&self) -> bool {
        self.targets().is_some_and(|targets| !targets.is_empty())
    }

    /// Who gets its requests, as a person would call them.
    pub(super) fn leads_to(&self) -> String {
        let shown = |target: &Target<'_>| match target {
            (namespace, name, Some(port)) => format!("Service {namespace}/{name}:{port}"),
            (namespace, name, None) => format!("Service {namespace}/{name}"),
        };
        match self.targets() {
            Some(targets) if !targets.is_empty() => targets.iter().map(shown).collect::<Vec<_>>().join(", "),
            _ if self.rule.answers_itself() == Some(true) => "a redirect".to_owned(),
            _ => "no backend".to_owned(),
        }
    }

    /// Whether every path takes this one, whatever else is asked for.
    pub(super) fn is_root(&self) -> bool {
        let RouteMatch { path, path_type, method, demands, .. } = self.own;
        path.trim_matches('/').is_empty() && *path_type == PathType::Prefix && method.is_none() && demands.is_empty()
    }
}

/// Whether some listener takes both routes for a host that both name, or for all hosts where neither names one.
pub(super) fn meet(world: &World<'_>, one: &Routing, other: &Routing) -> Meeting {
    let hosts = common_hosts(one, other);
    if hosts.is_empty() {
        return Meeting::Nowhere;
    }
    let others = world.attachments(other);
    let own = world.attachments(one);
    let pairs = own.iter().flat_map(|own| others.iter().map(move |other| (own, other)));
    let places = pairs.map(|(own, theirs)| share(world, (one, own), (other, theirs), &hosts));
    places.max().unwrap_or(Meeting::Nowhere)
}

/// Whether two routes hang on one listener.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Meeting {
    /// They do not, or nobody can tell.
    Nowhere,
    /// On the same part of something that was not seen, or on a listener that takes both or neither.
    Unseen,
    /// On a listener that surely takes both.
    Seen,
}

/// The hosts that both name; the empty one where neither names any.
fn common_hosts<'r>(one: &'r Routing, other: &Routing) -> Vec<&'r str> {
    let named = |routing: &'_ Routing| routing.hosts().any(|host| !host.is_empty());
    if !named(one) && !named(other) {
        return vec![""];
    }
    // What something fills in later may become two hosts.
    let is_common = |host: &&str| !host.is_empty() && !is_placeholder(host) && other.hosts().any(|own| own == *host);
    one.hosts().filter(is_common).collect()
}

fn share(
    world: &World<'_>,
    (one, own): (&Routing, &Attachment<'_>),
    (other, theirs): (&Routing, &Attachment<'_>),
    hosts: &[&str],
) -> Meeting {
    if own.parent.id != theirs.parent.id {
        return Meeting::Nowhere;
    }
    // What both hang on is not in sight: they hang on the same part of it, or nobody can tell.
    let Some(object) = own.object else {
        let is_same = (&own.parent.listener, own.parent.port) == (&theirs.parent.listener, theirs.parent.port);
        return if is_same && !is_placeholder(&own.parent.id.name) { Meeting::Unseen } else { Meeting::Nowhere };
    };
    // Which namespaces a listener takes may depend on labels that nobody saw. Two routes of one namespace are then both taken, or neither.
    let takes = |listener: &Listener, routing: &Routing| {
        let namespace = &routing.id.namespace;
        listener.from.takes(&object.id.namespace, namespace, world.namespace_labels(namespace)) == Some(true)
    };
    let is_common = |listener: &&&Listener| theirs.listeners.iter().any(|other| std::ptr::eq(**listener, *other));
    let common = own.listeners.iter().filter(is_common).filter(|own| hosts.iter().any(|host| own.takes_host(host)));
    let meetings = common.map(|listener| {
        if takes(listener, one) && takes(listener, other) {
            Meeting::Seen
        } else if one.id.namespace == other.id.namespace {
            Meeting::Unseen
        } else {
            Meeting::Nowhere
        }
    });
    meetings.max().unwrap_or(Meeting::Nowhere)
}
