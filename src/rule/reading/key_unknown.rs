#![doc = include_str!("key_unknown.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::NoteKind;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct KeyUnknown;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for KeyUnknown {
    type Params = Params;

    const META: Meta = Meta {
        name: "key-unknown",
        family: Family::Reading,
        summary: "an annotation carries the gateway's prefix, but the gateway has no such key",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("key_unknown.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);
}

fn judge(_: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    let (name, is_global) = (case.gateway.name, case.reach.is_some());
    let noun = if is_global { "key" } else { "annotation" };
    for note in case.notes {
        let NoteKind::UnknownKey { written, near, known } = &note.kind else { continue };
        let key = &note.key;
        let help = match (known, near) {
            (Some(known), _) => format!("\"{key}\": {known}"),
            (None, Some(near)) => {
                let prefix = if is_global { String::new() } else { format!("{}/", case.gateway.prefix) };
                format!("if {near} is meant, write\n{prefix}{near}: {written:?}")
            }
            (None, None) => format!("delete the line, or look the name up in the list of {noun}s of {name}"),
        };
        let finding = Finding::at(case.label(&note.address).key(), format!("{name} has no {noun} \"{key}\""));
        findings.push(
            finding
                .why(format!(
                    "{name} looks only at the keys that it has, and says nothing about others. Whatever \"{key}\" was meant to \
                     change stays as it was, so the failure that it should cure goes on."
                ))
                .help(help),
        );
    }
}
