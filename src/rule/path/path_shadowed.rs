#![doc = include_str!("path_shadowed.md")]

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, hosts, is_gateway_route, paths, paths_on, spreader};
use crate::finding::Finding;
use crate::model::{Matching, Route, Tried};
use crate::object::Kind;
use crate::rule::matched::{self, ByPath, Matched};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct PathShadowed;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for PathShadowed {
    type Params = Params;

    const META: Meta = Meta {
        name: "path-shadowed",
        family: Family::Path,
        summary: "a path gets no request, because the gateway tries another one first that takes them all",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::GrpcRoute, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("path_shadowed.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if is_gateway_route(case) {
        among_matches(case, findings);
        return;
    }
    let Some(matching) = case.gateway.matching else { return };
    twice(case, matching, findings);
    for host in hosts(case.routing) {
        if spreader(case, matching, host).is_some() {
            among_expressions(case, matching, host, findings);
        }
    }
}

/// Paths that the object itself names twice: the first one wins.
fn twice(case: &RoutingCase<'_>, matching: &dyn Matching, findings: &mut Vec<Finding>) {
    let mut routes: Vec<&Route> = paths(case.routing).collect();
    routes.sort_by(|a, b| {
        let hosts = if Arc::ptr_eq(&a.host, &b.host) { std::cmp::Ordering::Equal } else { a.host.cmp(&b.host) };
        hosts.then_with(|| a.path.cmp(&b.path))
    });
    for same in routes.chunk_by(|a, b| a.path == b.path && a.host == b.host) {
        for (index, route) in same.iter().enumerate().skip(1) {
            let own = Owned { routing: case.routing, route };
            let earlier = same.iter().take(index).find(|earlier| matching.is_same_type(earlier.path_type, route.path_type));
            let earlier = earlier.map(|route| Owned { routing: case.routing, route });
            findings.extend(earlier.filter(|earlier| !own.may_lead_to_same(earlier)).map(|earlier| {
                let message = format!("{} stands here twice, and the first one wins", route.shown());
                shadowed(case, own, earlier, message)
            }));
        }
    }
}

/// Matches of a route of the Gateway API that an earlier rule of it has, too.
fn among_matches(case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let mut seen: ByPath<'_, ()> = ByPath::new();
    for own in matched::all(case.routing) {
        let first = seen.same(own).map(|((), first)| *first).find(|first| first.rule.index < own.rule.index);
        findings.extend(first.filter(|first| own.leads_elsewhere(first)).map(|first| behind(own, first)));
        seen.add((), own);
    }
}

fn behind(own: Matched<'_>, first: Matched<'_>) -> Finding {
    let shown = own.own.shown();
    Finding::at(own.label(), format!("an earlier rule has {shown}, too, and the first one wins"))
        .why(format!(
            "Of two rules of one route with the very same match the Gateway API takes the first. Whatever is asked of {} goes to {}, and \
             nothing reaches {} by this match.",
            own.shown(),
            first.leads_to(),
            own.leads_to()
        ))
        .help("delete the one that is not meant, or name both backends in one rule and share the requests by weight")
        .related(first.label(), "what wins")
}

/// Paths of a host on which all of them are expressions, of which the longest is tried first.
fn among_expressions(case: &RoutingCase<'_>, matching: &dyn Matching, host: &str, findings: &mut Vec<Finding>) {
    let tried = |routing, route| Some((Owned { routing, route }, matching.tried(routing, case.gateway, route)?));
    let own: Vec<(Owned<'_>, Tried<'_>)> = paths_on(case.routing, host).filter_map(|route| tried(case.routing, route)).collect();
    let others = case.same_host.iter().flat_map(|beside| paths_on(beside.routing, host).map(|route| (beside.routing, route)));
    let others: Vec<(Owned<'_>, Tried<'_>)> = others.filter_map(|(routing, route)| tried(routing, route)).collect();
    for (path, one) in &own {
        let mut all = own.iter().chain(&others);
        let first = all.find(|(other, tried)| tried.shadows(one) && !path.may_lead_to_same(other));
        if let Some((first, _)) = first {
            let message =
                format!("no request reaches {}: {} is tried first and takes them all", path.route.shown(), first.route.path);
            findings.push(shadowed(case, *path, *first, message));
        }
        let mut victims = others.iter().filter(|(other, tried)| one.shadows(tried) && !path.may_lead_to_same(other));
        if let Some((victim, _)) = victims.next() {
            let more = u64::try_from(victims.count()).unwrap_or(u64::MAX);
            findings.push(shadowing(case, *path, *victim).excess(more));
        }
    }
}

fn shadowed(case: &RoutingCase<'_>, own: Owned<'_>, first: Owned<'_>, message: String) -> Finding {
    Finding::at(case.path(own.route), message)
        .why(format!(
            "{} Whatever is asked of {} goes to {} instead, and {} gets nothing.",
            order(case, own, first),
            own.route.shown(),
            first.leads_to(),
            own.leads_to()
        ))
        .help(help(own, first))
        .related(first.label(), "what is tried first")
}

fn shadowing(case: &RoutingCase<'_>, own: Owned<'_>, victim: Owned<'_>) -> Finding {
    let (id, shown) = (&victim.routing.id, victim.route.shown());
    Finding::at(case.path(own.route), format!("{} takes all requests of {shown} of {id}", own.route.path))
        .why(format!(
            "{} Whatever is asked of {shown} comes here, to {}, and {} gets nothing.",
            order(case, victim, own),
            own.leads_to(),
            victim.leads_to()
        ))
        .help(help(victim, own))
        .related(victim.label(), "what gets no request")
}

/// Why one comes before the other.
fn order(case: &RoutingCase<'_>, own: Owned<'_>, first: Owned<'_>) -> String {
    let name = case.gateway.name;
    if own.route.path == first.route.path {
        return format!("Of equal paths of one type {name} keeps the first.");
    }
    format!(
        "On a host with regular expressions {name} tries the longest text first, not the most exact one: \"{}\" comes before \"{}\".",
        first.route.path, own.route.path
    )
}

fn help(own: Owned<'_>, first: Owned<'_>) -> String {
    if own.route.path == first.route.path {
        return "delete the one that is not meant".to_owned();
    }
    format!("give \"{}\" a host of its own, or leave what belongs to \"{}\" out of it", first.route.path, own.route.path)
}
