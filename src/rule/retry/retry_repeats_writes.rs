#![doc = include_str!("retry_repeats_writes.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Conditions, Protocol, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RetryRepeatsWrites;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RetryRepeatsWrites {
    type Params = Params;

    const META: Meta = Meta {
        name: "retry-repeats-writes",
        family: Family::Retry,
        summary: "a POST that may have been done already is sent to another pod",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("retry_repeats_writes.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

/// The condition that lets NGINX repeat POST, LOCK and PATCH.
const WRITES_TOO: &str = "non_idempotent";

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let conditions = &case.settings.retry_conditions;
    if !matches!(case.settings.protocol.value(), Some(Protocol::Http | Protocol::Https)) {
        return;
    }
    let Some((holding, address)) = conditions.as_written().filter(|(holding, _)| holding.contains(WRITES_TOO)) else { return };
    if holding.contains("off") || case.settings.retry_tries.value() == Some(&1) {
        return;
    }
    let kept = holding.0.iter().filter(|condition| &***condition != WRITES_TOO).cloned().collect();
    let line = conditions.write(&Conditions(kept)).as_ref().and_then(Write::line).unwrap_or_default();
    let name = case.gateway.name;
    findings.push(
        Finding::at(case.label(address), format!("{name} sends a POST again after it has reached a pod"))
            .why(format!(
                "With \"{WRITES_TOO}\" a POST, LOCK or PATCH goes to another pod whenever the first one fails or takes too long, also where it \
                 had done the work and only the answer was lost. The order is placed twice, and the client sees one success."
            ))
            .help(format!("leave the word out; GET, PUT and DELETE are still tried again:\n{line}")),
    );
}
