#![doc = include_str!("value_ignored.md")]

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind};
use crate::model::{About, Note, NoteKind, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct ValueIgnored;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The level where what holds instead says the same as the value.
    same_as_default: Level,
    /// The level of keys that neither waits, retries, buffers nor protocols depend on.
    other_keys: Level,
}

impl Default for Params {
    fn default() -> Self {
        Self { same_as_default: Level::Warning, other_keys: Level::Warning }
    }
}

impl Rule for ValueIgnored {
    type Params = Params;

    const META: Meta = Meta {
        name: "value-ignored",
        family: Family::Reading,
        summary: "the gateway cannot read a value, throws it away, and works with its default",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::Rewrite,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("value_ignored.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);

    fn strict() -> Params {
        Params { same_as_default: Level::Error, other_keys: Level::Error }
    }
}

fn judge(params: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    for note in case.notes {
        findings.extend(ignored(params, case, note));
    }
}

fn ignored(params: &Params, case: &NotesCase<'_>, note: &Note) -> Option<Finding> {
    let NoteKind::Ignored { written, expects, about, holds, meant, rewrite } = &note.kind else { return None };
    let (key, name) = (&note.key, case.gateway.name);
    let (so, then) = match holds {
        Some(holds) => (format!("so {holds} holds"), format!("with {holds}")),
        None => ("so it does not count".to_owned(), "without it".to_owned()),
    };
    let is_same = *meant == Some(Ordering::Equal);
    let so_far = match meant {
        Some(Ordering::Equal) => {
            "That is the same for now, and it stops being the same when either of the two is changed.".to_owned()
        }
        Some(Ordering::Greater | Ordering::Less) => {
            format!("Whoever reads \"{written}\" expects something else, and requests that need it fail.")
        }
        None => "Requests that need what was meant fail.".to_owned(),
    };
    let mut finding = Finding::at(case.label(&note.address), format!("{name} cannot read {key} \"{written}\", {so}"))
        .at_most(if is_same { params.same_as_default } else { Level::Error })
        .at_most(if *about == About::Other { params.other_keys } else { Level::Error })
        .why(format!(
            "{name} expects {expects}. It drops any other text and goes on {then}, and tells nobody who applies it. {so_far}{}",
            case.reached()
        ))
        .help(help(expects, rewrite.as_ref()));
    if *about == About::Timeout {
        finding = finding.status(case.gateway.answers.too_slow);
    }
    Some(finding.fix(FixKind::Rewrite, rewrite.iter().cloned().collect()))
}

/// The same value as the gateway reads it, or what it would read.
fn help(expects: &str, rewrite: Option<&Write>) -> String {
    match rewrite.and_then(Write::line) {
        Some(line) => format!("write the same value so that it is read:\n{line}"),
        None => format!("write {expects}, or delete the line if what holds is meant"),
    }
}
