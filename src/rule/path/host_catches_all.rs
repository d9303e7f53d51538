#![doc = include_str!("host_catches_all.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, is_gateway_route, paths};
use crate::finding::{Finding, Label};
use crate::model::PathType;
use crate::object::{Address, Kind};
use crate::rule::matched::{self, Matched};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct HostCatchesAll;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for HostCatchesAll {
    type Params = Params;

    const META: Meta = Meta {
        name: "host-catches-all",
        family: Family::Path,
        summary: "a path without a host answers for every host that no other object names",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Gateway, Kind::GrpcRoute, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass, Kind::ListenerSet],
        since: "0.1.0",
        page: include_str!("host_catches_all.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if is_gateway_route(case) {
        findings.extend(on_shared_listener(case));
        return;
    }
    // Other gateways may give each object a load balancer of its own.
    if case.gateway.matching.is_none() {
        return;
    }
    let mut open: Vec<_> = paths(case.routing).filter(|route| route.host.is_empty()).collect();
    // The root says the most.
    open.sort_by_key(|route| (&*route.path != "/", route.path_type == PathType::Exact));
    let Some(route) = open.first() else { return };
    let own = Owned { routing: case.routing, route };
    let what = if &*route.path == "/" { "every request".to_owned() } else { format!("every request of {}", route.path) };
    findings.push(
        Finding::at(case.path(route), format!("{what} to a host that nobody names comes here"))
            .excess(u64::try_from(open.len()).unwrap_or(u64::MAX))
            .why(format!(
                "{} serves all objects of a class together. When the route of another host is refused, deleted or misspelt, its \
                 clients get no error but an answer of {}, often with status 200, and nobody notices.",
                case.gateway.name,
                own.leads_to()
            ))
            .help("name the host that is meant:\nhost: shop.example.com"),
    );
}

/// A route of the Gateway API without a host, on a listener without one that belongs to somebody else.
fn on_shared_listener(case: &RoutingCase<'_>) -> Option<Finding> {
    let routing = case.routing;
    if routing.hosts().any(|host| !host.is_empty()) {
        return None;
    }
    let root = matched::all(routing).find(|own| own.is_root() && Matched::has_backend(own))?;
    let attachments = case.world.attachments(routing);
    let shared = attachments.iter().find(|own| {
        let is_foreign = own.gateway.is_some_and(|gateway| gateway.id.namespace != routing.id.namespace);
        is_foreign && own.listeners.iter().any(|listener| listener.hostname.is_empty() && !listener.from.is_one())
    })?;
    let gateway = &shared.parent.id;
    let listener = Label::new(gateway, shared.listeners.first().map_or(Address::field("/spec"), |own| own.address()));
    Some(
        Finding::at(root.label(), "every request to a host that nobody names comes here")
            .why(format!(
                "Neither the route nor the listener of {gateway} names a host, and routes of other namespaces hang there, too. When the route of \
                 another host is refused, deleted or misspelt, its clients get no error but an answer of {}, often with status 200, and nobody \
                 notices.",
                root.leads_to()
            ))
            .help("name the host that is meant:\nhostnames: [shop.example.com]")
            .related(listener, "takes routes of other namespaces"),
    )
}
