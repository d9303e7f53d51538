#![doc = include_str!("host_catches_all.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, paths};
use crate::finding::Finding;
use crate::model::PathType;
use crate::object::Kind;
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
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("host_catches_all.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
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
