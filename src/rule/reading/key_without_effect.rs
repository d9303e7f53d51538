#![doc = include_str!("key_without_effect.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::without_effect;
use crate::finding::Finding;
use crate::model::About;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct KeyWithoutEffect;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for KeyWithoutEffect {
    type Params = Params;

    const META: Meta = Meta {
        name: "key-without-effect",
        family: Family::Reading,
        summary: "an annotation that the gateway knows has no effect beside what else is written, or not at this place",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("key_without_effect.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);
}

fn judge(_: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    let others = [About::Exchange, About::Other];
    let own = case.notes.iter().map(|note| without_effect(note, &others, case.gateway.name, |address| case.label(address)));
    findings.extend(own.flatten());
}
