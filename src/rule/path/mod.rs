//! Does the request reach the route that was meant?
//!
//! What two objects do to each other is said on both of them, so that whichever comes last carries it.
//!
//! An Ingress has paths, of which each gateway has its own order: what stands here. A route of the Gateway API has matches, of which the
//! API fixes the order: `rule/matched.rs`. Each rule has one function for either.

pub mod host_catches_all;
pub mod host_taken;
pub mod path_shadowed;
pub mod path_type_unfit;
pub mod regex_spreads;
pub mod rewrite_loses_path;
pub mod route_conflict;

use super::RoutingCase;
use crate::finding::Label;
use crate::model::{Backend, BackendPort, Matching, Route, Routing};

/// Where a certificate authority asks for a token. What answers there for a minute is meant to be in the way.
const CHALLENGE: &str = "/.well-known/acme-challenge";

/// Whether this is a whole route of the Gateway API, and not one of its rules alone.
fn is_gateway_route(case: &RoutingCase<'_>) -> bool {
    case.section.is_none() && case.routing.id.kind.is_gateway_route()
}

/// The paths of an object that are there to stay.
fn paths(routing: &Routing) -> impl Iterator<Item = &Route> {
    // A canary has no path of its own: it goes along with that of another object. Sections come with paths of another kind,
    // and one path may lead to several of them. Matches of the Gateway API are compared as such.
    let is_other = routing.controller.is_some() || routing.id.kind.is_gateway_route();
    let own = if routing.is_canary || !routing.sections.is_empty() || is_other { &[][..] } else { &routing.routes };
    own.iter().filter(|route| route.has_path() && !route.path.starts_with(CHALLENGE))
}

/// The paths of an object on one host.
fn paths_on<'r>(routing: &'r Routing, host: &str) -> impl Iterator<Item = &'r Route> {
    paths(routing).filter(move |route| *route.host == *host)
}

/// The hosts of an object, each once.
fn hosts(routing: &Routing) -> Vec<&str> {
    let mut hosts: Vec<&str> = routing.hosts().collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// A path and the object that declares it.
#[derive(Clone, Copy)]
struct Owned<'c> {
    routing: &'c Routing,
    route: &'c Route,
}

impl Owned<'_> {
    /// Whether both lead to the same, or nobody can tell that they do not.
    fn may_lead_to_same(&self, other: &Owned<'_>) -> bool {
        match (&self.route.backend, &other.route.backend) {
            (Backend::Service { port, .. }, Backend::Service { port: other_port, .. }) => {
                let is_told = matches!(
                    (port, other_port),
                    (BackendPort::Number(_), BackendPort::Number(_)) | (BackendPort::Name(_), BackendPort::Name(_))
                );
                self.service() == other.service() && (port == other_port || !is_told)
            }
            _ => true,
        }
    }

    fn label(&self) -> Label {
        Label::new(&self.routing.id, self.route.path_address()).of(self.route.shown())
    }

    /// What it leads to, as a person would call it.
    fn leads_to(&self) -> String {
        let (namespace, name) = self.service().unwrap_or_default();
        format!("Service {namespace}/{name}")
    }

    fn service(&self) -> Option<(&str, &str)> {
        self.route.service(&self.routing.id.namespace)
    }
}

/// Who makes expressions of all paths of a host, and by which key: the object itself before others.
fn spreader<'c>(case: &RoutingCase<'c>, matching: &dyn Matching, host: &str) -> Option<(&'c Routing, &'static str)> {
    let all = std::iter::once(case.routing).chain(case.same_host.iter().map(|beside| beside.routing));
    all.into_iter().find_map(|routing| Some((routing, matching.spreading_key(routing, case.gateway, host)?)))
}
