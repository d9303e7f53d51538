#![doc = include_str!("poison_value.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind};
use crate::model::{Note, NoteKind, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct PoisonValue;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for PoisonValue {
    type Params = Params;

    const META: Meta = Meta {
        name: "poison-value",
        family: Family::Reading,
        summary: "the gateway takes a value that breaks its whole configuration, for every route in the cluster",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::Rewrite,
        neighbour: Neighbour::BreaksAll,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("poison_value.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);
}

fn judge(_: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    findings.extend(case.notes.iter().filter_map(|note| poison(case, note)));
}

fn poison(case: &NotesCase<'_>, note: &Note) -> Option<Finding> {
    let NoteKind::Poison { written, because, expects, rewrite } = &note.kind else { return None };
    let (key, name) = (&note.key, case.gateway.name);
    let help = match rewrite.as_ref().and_then(Write::line) {
        Some(line) => format!("write what is meant so that it is taken:\n{line}"),
        None => format!("write {expects}"),
    };
    let finding =
        Finding::at(case.label(&note.address), format!("{key} \"{written}\" breaks the configuration of {name} for all routes"))
            .status(case.gateway.answers.refused)
            .why(format!(
                "{name} lets the value through, and then NGINX refuses the file as a whole: {because} From then on no change of any \
                 route in the cluster takes effect, pods that go are still sent to, and a controller that restarts serves no route at all.{}",
                case.reached()
            ))
            .help(help);
    Some(finding.fix(FixKind::Rewrite, rewrite.iter().cloned().collect()))
}
