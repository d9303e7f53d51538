#![doc = include_str!("parent_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Part, Routing};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule, detached};
use crate::units::Level;

/// See the page of the rule.
pub struct ParentMissing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ParentMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "parent-missing",
        family: Family::Wiring,
        summary: "the object that a route belongs to is not there or does not take it, so the route is not served",
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
            Kind::Namespace,
            Kind::TlsRoute,
            Kind::VirtualServer,
            Kind::VirtualServerRoute,
        ],
        since: "0.1.0",
        page: include_str!("parent_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Part(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let (gateway, routing) = (case.gateway, case.routing);
    if routing.id.kind.is_gateway_route() {
        detached::findings(case, findings);
        return;
    }
    if gateway.part_of(routing) != Some(Part::Child) {
        return;
    }
    let Some(host) = routing.hosts().find(|host| !host.is_empty()) else { return };
    // An Ingress and an object of a kind that the gateway brings are never parts of one.
    let is_parent = |other: &Routing| {
        other.controller == routing.controller
            && gateway.part_of(other) == Some(Part::Parent)
            && other.hosts().any(|own| own == host)
    };
    if case.same_host.iter().any(|beside| is_parent(beside.routing)) {
        return;
    }
    let (name, prefix) = (gateway.name, &gateway.prefix);
    let (label, parent, why, help) = match gateway.merging_key.filter(|_| routing.controller.is_none()) {
        Some(key) => (
            case.label(&Address::Key { prefix: prefix.clone(), name: key }),
            "master",
            format!(
                "{name} puts the paths of a minion into the host of its master. Without a master of that host the minion is not served at \
                 all: its paths answer 404."
            ),
            format!(
                "add an Ingress of the same class for {host} with {prefix}/{key}: \"master\" and no paths, or take the annotation away"
            ),
        ),
        None => (
            Label::new(&routing.id, Address::field("/spec/host")),
            "VirtualServer",
            format!(
                "{name} serves the routes of a VirtualServerRoute where a VirtualServer of that host refers to them. Without one they are \
                 not served at all: their paths answer 404."
            ),
            format!("add a VirtualServer of the same class for {host} with a route that names this object in `route`"),
        ),
    };
    let message = format!("no {parent} says what holds for {host}");
    findings.push(Finding::at(label, message).status(404).pending().why(why).help(help));
}
