#![doc = include_str!("route_conflict.md")]

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, is_gateway_route, paths};
use crate::finding::Finding;
use crate::model::{Matching, Route};
use crate::object::{Kind, ObjectId};
use crate::rule::matched::{self, ByPath, Matched};
use crate::rule::{Age, Beside, Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RouteConflict;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RouteConflict {
    type Params = Params;

    const META: Meta = Meta {
        name: "route-conflict",
        family: Family::Path,
        summary: "two objects name the same host, path and type for different backends, and one of the two is dropped",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::Gateway,
            Kind::GatewayClass,
            Kind::GrpcRoute,
            Kind::HttpRoute,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::ListenerSet,
            Kind::TlsRoute,
        ],
        since: "0.1.0",
        page: include_str!("route_conflict.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

/// The paths of other objects, by host and path.
type Others<'c> = HashMap<(&'c str, &'c str), Vec<(&'c Beside<'c>, &'c Route)>>;

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    // Where one object has the whole host, host-taken says more.
    if case.same_host.is_empty() || case.gateway.gives_whole_hosts {
        return;
    }
    if is_gateway_route(case) {
        among_matches(case, findings);
        return;
    }
    let mut others: Others<'_> = HashMap::new();
    for beside in case.same_host {
        for route in paths(beside.routing) {
            others.entry((&route.host, &route.path)).or_default().push((beside, route));
        }
    }
    findings.extend(paths(case.routing).filter_map(|route| conflict(case, route, &others)));
}

fn conflict(case: &RoutingCase<'_>, route: &Route, others: &Others<'_>) -> Option<Finding> {
    let own = Owned { routing: case.routing, route };
    // Some unknown gateways are a load balancer of their own for each object, so that only a name can be meant twice.
    if case.gateway.matching.is_none() && route.host.is_empty() {
        return None;
    }
    let same = others.get(&(&*route.host, &*route.path))?;
    let is_same_type = |other: &Route| {
        let matching: Option<&dyn Matching> = case.gateway.matching;
        matching.map_or(other.path_type == route.path_type, |own| own.is_same_type(other.path_type, route.path_type))
    };
    let mut found = same.iter().map(|(beside, route)| (beside.age, Owned { routing: beside.routing, route }));
    let mut found = found.by_ref().filter(|(_, other)| is_same_type(other.route) && !own.may_lead_to_same(other));
    let (age, other) = found.next()?;
    let more = u64::try_from(found.count()).unwrap_or(u64::MAX);
    Some(finding(case, own, age, other).excess(more))
}

fn finding(case: &RoutingCase<'_>, own: Owned<'_>, age: Age, other: Owned<'_>) -> Finding {
    let name = case.gateway.matching.map(|_| case.gateway.name);
    let (message, why) = words(name, age, &own.route.shown(), &other.routing.id, [&own.leads_to(), &other.leads_to()]);
    let cap = if name.is_some() { Level::Error } else { Level::Warning };
    Finding::at(case.path(own.route), message)
        .at_most(cap)
        .why(why)
        .help("keep the path in one of the two objects, or give one of them a host or a path of its own")
        .related(other.label(), "the same host and path")
}

/// Matches that another route of the Gateway API has, too, on a listener that takes both.
fn among_matches(case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let mut others: ByPath<'_, &Beside<'_>> = ByPath::new();
    // Of two kinds on one host a gateway takes only one, whatever their matches are.
    for beside in case.same_host.iter().filter(|beside| beside.routing.id.kind == case.routing.id.kind) {
        matched::all(beside.routing).for_each(|one| others.add(beside, one));
    }
    for own in matched::all(case.routing).filter(Matched::has_backend) {
        let same = others.same(own).filter(|(_, other)| other.has_backend() && own.leads_elsewhere(other));
        let mut found = same.filter(|(beside, _)| matched::meet(case.world, case.routing, beside.routing));
        let Some((beside, other)) = found.next() else { continue };
        let more = u64::try_from(found.count()).unwrap_or(u64::MAX);
        findings.push(same_match(own, beside.age, *other).excess(more));
    }
}

fn same_match(own: Matched<'_>, age: Age, other: Matched<'_>) -> Finding {
    let leads = [&*own.leads_to(), &*other.leads_to()];
    let (message, why) = words(Some("The Gateway API"), age, &own.shown(), &other.routing.id, leads);
    Finding::at(own.label(), message)
        .why(why)
        .help("keep the match in one of the two routes, where weights share the requests of several backends, or tell them apart by a host")
        .related(other.label(), "the very same match")
}

/// What is wrong and what comes of it, of two that lead to different backends; `name` is who decides, where that is known.
fn words(name: Option<&str>, age: Age, shown: &str, id: &ObjectId, leads: [&str; 2]) -> (String, String) {
    let [mine, theirs] = leads;
    let Some(name) = name else {
        return (
            format!("{id} leads {shown} to another backend"),
            format!(
                "Kubernetes does not say which of two objects wins that name the same host and path. Where one gateway serves \
                 both, requests reach {mine} or {theirs} by chance."
            ),
        );
    };
    match age {
        Age::Older => (
            format!("{shown} is taken: {id} is older and leads it to {theirs}"),
            format!("{name} keeps the oldest of them and drops the others without a word. No request of {shown} reaches {mine}."),
        ),
        Age::Younger => (
            format!("{shown} is taken away from {id}, which leads it to {theirs}"),
            format!("{name} keeps the oldest of them, which is this one. No request of {shown} reaches {theirs}."),
        ),
        Age::Unknown => (
            format!("{id} leads {shown} to {theirs}"),
            format!("{name} keeps the older of the two and drops the other without a word: {mine} or {theirs} gets no request."),
        ),
    }
}
