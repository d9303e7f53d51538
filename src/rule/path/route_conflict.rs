#![doc = include_str!("route_conflict.md")]

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, is_gateway_route, paths};
use crate::finding::Finding;
use crate::model::{Matching, Route, Routing};
use crate::object::{Kind, ObjectId, is_placeholder};
use crate::rule::matched::{self, ByPath, Matched, Meeting};
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
        for route in settled(case, beside.routing) {
            others.entry((&route.host, &route.path)).or_default().push((beside, route));
        }
    }
    findings.extend(settled(case, case.routing).filter_map(|route| conflict(case, route, &others)));
}

/// The paths of an object that are surely served as they are written. Of one that stands there twice, for two backends, the later is
/// not; and where the gateway is unknown nobody can tell of either, since some tell the two apart by annotations.
fn settled<'c>(case: &RoutingCase<'c>, routing: &'c Routing) -> impl Iterator<Item = &'c Route> {
    let is_ordered = case.gateway.matching.is_some();
    let key = |route: &'c Route| (&*route.host, &*route.path, route.path_type);
    let mut first: HashMap<_, Owned<'_>> = HashMap::new();
    let mut twice = HashSet::new();
    for route in paths(routing) {
        let own = Owned { routing, route };
        if !first.entry(key(route)).or_insert(own).may_lead_to_same(&own) {
            twice.insert(key(route));
        }
    }
    paths(routing).filter(move |route| {
        !twice.contains(&key(route)) || is_ordered && first.get(&key(route)).is_some_and(|own| std::ptr::eq(own.route, *route))
    })
}

fn conflict(case: &RoutingCase<'_>, route: &Route, others: &Others<'_>) -> Option<Finding> {
    let own = Owned { routing: case.routing, route };
    // Some unknown gateways are a load balancer of their own for each object, so that only a name can be meant twice. And what
    // something fills in later may become two hosts.
    if case.gateway.matching.is_none() && route.host.is_empty() || is_placeholder(&route.host) {
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
    let mut others: ByPath<'_, (Meeting, &Beside<'_>)> = ByPath::new();
    // Of two kinds on one host a gateway takes only one, whatever their matches are.
    for beside in case.same_host.iter().filter(|beside| beside.routing.id.kind == case.routing.id.kind) {
        let meeting = matched::meet(case.world, case.routing, beside.routing);
        if meeting != Meeting::Nowhere {
            let all = matched::all(beside.routing).filter(Matched::has_backend);
            all.for_each(|one| others.add((meeting, beside), one));
        }
    }
    for own in matched::all(case.routing).filter(Matched::has_backend) {
        let mut met: Vec<_> = others.same(own).filter(|(_, other)| own.leads_elsewhere(other)).collect();
        // What is certain comes first.
        met.sort_by_key(|((meeting, _), _)| Reverse(*meeting));
        let Some(((meeting, beside), other)) = met.first() else { continue };
        let more = u64::try_from(met.len().saturating_sub(1)).unwrap_or(u64::MAX);
        let finding = same_match(own, beside.age, *other).excess(more);
        findings.push(if *meeting == Meeting::Seen { finding } else { finding.pending() });
    }
}

fn same_match(own: Matched<'_>, age: Age, other: Matched<'_>) -> Finding {
    let leads = [&*own.leads_to(), &*other.leads_to()];
    let (id, [mine, theirs], shown) = (&other.routing.id, leads, own.place());
    let (message, why) = match age {
        Age::Older => (
            format!("{id} is older, has the same match ({shown}) and sends it to {theirs}"),
            format!("Of two routes with the very same match the older one gets all its requests, and {mine} gets none of them."),
        ),
        Age::Younger => (
            format!("{id} has the same match ({shown}) and sends it to {theirs}; this route is older"),
            format!(
                "Of two routes with the very same match the older one gets all its requests, and {theirs} gets none of them."
            ),
        ),
        Age::Unknown => (
            format!("{id} has the same match ({shown}) and sends it to {theirs}; only the older route gets requests"),
            format!(
                "Of two routes with the very same match the older one gets all its requests: either this route's backends ({mine}) or the \
                 other's ({theirs}) get none of them."
            ),
        ),
    };
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
            format!("{shown} goes to {mine} here, and to {theirs} in {id}"),
            format!(
                "Kubernetes does not say which of two objects wins that name the same host and path. Where one gateway serves \
                 both, requests reach {mine} or {theirs} by chance."
            ),
        );
    };
    match age {
        Age::Older => (
            format!("{shown} is taken: {id} is older and sends it to {theirs}"),
            format!("{name} keeps the oldest of them and drops the others without a word. No request of {shown} reaches {mine}."),
        ),
        Age::Younger => (
            format!("{shown} is taken away from {id}, which sends it to {theirs}"),
            format!("{name} keeps the oldest of them, which is this one. No request of {shown} reaches {theirs}."),
        ),
        Age::Unknown => (
            format!("{shown} goes to {mine} here, and to {theirs} in {id}; only the older object gets requests"),
            format!(
                "{name} keeps the older of the two and drops the other without a word: either {mine} or {theirs} gets no request."
            ),
        ),
    }
}
