#![doc = include_str!("parent_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::Routing;
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
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
        summary: "the object that a route belongs to is not there, so the route is not served",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("parent_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Part(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let Some(key) = case.gateway.merging_key else { return };
    if !case.gateway.is_minion(case.routing) {
        return;
    }
    let Some(host) = case.routing.hosts().find(|host| !host.is_empty()) else { return };
    let is_master = |routing: &Routing| case.gateway.is_master(routing) && routing.hosts().any(|own| own == host);
    if case.same_host.iter().any(|beside| is_master(beside.routing)) {
        return;
    }
    let name = case.gateway.name;
    let address = Address::Key { prefix: case.gateway.prefix.clone(), name: key };
    findings.push(
        Finding::at(case.label(&address), format!("no master says what holds for {host}"))
            .status(404)
            .pending()
            .why(format!(
                "{name} puts the paths of a minion into the host of its master. Without a master of that host the minion is not served at \
                 all: its paths answer 404."
            ))
            .help(format!(
                "add an Ingress of the same class for {host} with {}/{key}: \"master\" and no paths, or take the annotation away",
                case.gateway.prefix
            )),
    );
}
