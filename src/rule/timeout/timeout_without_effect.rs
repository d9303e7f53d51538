#![doc = include_str!("timeout_without_effect.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::About;
use crate::object::Kind;
use crate::rule::reading::without_effect;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct TimeoutWithoutEffect;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for TimeoutWithoutEffect {
    type Params = Params;

    const META: Meta = Meta {
        name: "timeout-without-effect",
        family: Family::Timeout,
        summary: "a timeout is written where the gateway does not use it, so its default holds",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("timeout_without_effect.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);
}

fn judge(_: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    let own =
        case.notes.iter().map(|note| without_effect(note, &[About::Timeout], case.gateway.name, |address| case.label(address)));
    findings.extend(own.flatten().map(|finding| finding.status(case.gateway.answers.too_slow)));
}
