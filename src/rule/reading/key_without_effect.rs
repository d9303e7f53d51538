#![doc = include_str!("key_without_effect.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::without_effect;
use crate::finding::Finding;
use crate::model::{About, Note, NoteKind};
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
    findings.extend(case.notes.iter().filter_map(|note| left_behind(case, note)));
}

/// What the next gateway will not read: a thing to know, and nobody's fault today.
fn left_behind(case: &NotesCase<'_>, note: &Note) -> Option<Finding> {
    const SHOWN: usize = 5;
    let NoteKind::LeftBehind { next, keys, known } = &note.kind else { return None };
    let shown: Vec<&str> = keys.iter().take(SHOWN).map(|key| &**key).collect();
    let more = match keys.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let help = if known.is_empty() {
        format!("look for what does the same in {next} before the class changes")
    } else {
        format!("{next} has some of the same names, with values of its own grammar:\n{}", known.join("\n"))
    };
    let verb = if keys.len() == 1 { "means" } else { "mean" };
    let finding = Finding::at(
        case.label(&note.address).key(),
        format!("{}{more} {verb} nothing to {next}, which comes next", shown.join(", ")),
    );
    Some(
        finding
            .at_most(Level::Warning)
            .why(format!("The policy says that {next} comes after {}. It reads other prefixes, so what is written here stops holding on that day.", case.gateway.name))
            .help(help),
    )
}
