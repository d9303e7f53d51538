#![doc = include_str!("host_taken.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CHALLENGE;
use crate::finding::{Finding, Label};
use crate::model::{Part, Routing};
use crate::object::{Address, Kind};
use crate::rule::{Age, Beside, Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct HostTaken;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for HostTaken {
    type Params = Params;

    const META: Meta = Meta {
        name: "host-taken",
        family: Family::Path,
        summary: "two objects name a host that the gateway gives to one of them only",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass, Kind::VirtualServer],
        since: "0.1.0",
        page: include_str!("host_taken.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    // A host is the whole object's, not an upstream's.
    if !case.gateway.gives_whole_hosts || case.section.is_some() || !claims(case, case.routing) {
        return;
    }
    for (index, host) in case.routing.hosts().enumerate().filter(|(_, host)| !host.is_empty()) {
        let mut others = case.same_host.iter().filter(|beside| beside.routing.hosts().any(|own| own == host));
        let is_first = case.routing.hosts().position(|own| own == host) == Some(index);
        if let Some(other) = others.find(|beside| claims(case, beside.routing)).filter(|_| is_first) {
            findings.push(finding(case, host, other));
        }
    }
}

/// Whether an object wants hosts for itself: a child leaves them to its parent, and what answers a challenge goes in a minute.
fn claims(case: &RoutingCase<'_>, routing: &Routing) -> bool {
    let mut routes = routing.routes.iter().filter(|route| route.has_path()).peekable();
    let is_challenge = routes.peek().is_some() && routes.all(|route| route.path.starts_with(CHALLENGE));
    case.gateway.part_of(routing) != Some(Part::Child) && !is_challenge
}

fn finding(case: &RoutingCase<'_>, host: &str, other: &Beside<'_>) -> Finding {
    let (id, name, own) = (&other.routing.id, case.gateway.name, &case.routing.id);
    let (message, loser) = match other.age {
        Age::Older => (format!("{host} is taken: {id} is older"), format!("this {}", own.kind)),
        Age::Younger => (format!("{host} is taken away from {id}"), id.to_string()),
        Age::Unknown => (format!("{id} names {host}, too"), "the younger of the two".to_owned()),
    };
    let address = |routing: &Routing| {
        let route = routing.routes.iter().find(|route| *route.host == *host);
        let field = if routing.controller.is_some() { "/spec/host" } else { "/spec" };
        let path = route.filter(|_| routing.controller.is_none()).map(crate::model::Route::path_address);
        Label::new(&routing.id, path.unwrap_or(Address::field(field))).of(host)
    };
    let help = match case.gateway.merging_key.filter(|_| case.routing.controller.is_none()) {
        Some(key) => format!(
            "keep the host in one of the two, or make both of them minions of one master:\n{}/{key}: \"minion\"",
            case.gateway.prefix
        ),
        None => "keep the host in one of the two, or make a VirtualServerRoute of the other".to_owned(),
    };
    Finding::at(address(case.routing), message)
        .status(404)
        .why(format!(
            "{name} gives a host to the oldest object that names it, with all its paths, and none of them to another one. What {loser} says \
             of {host} is not served: its paths answer 404, or what the other object has there. Only an Event tells."
        ))
        .help(help)
        .related(address(other.routing), "the same host")
}
