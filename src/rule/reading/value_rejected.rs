#![doc = include_str!("value_rejected.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Note, NoteKind, Rejection};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, NotesCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct ValueRejected;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ValueRejected {
    type Params = Params;

    const META: Meta = Meta {
        name: "value-rejected",
        family: Family::Reading,
        summary: "the gateway refuses a value, and does not serve the object or its routes because of it",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("value_rejected.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Notes(judge);
}

fn judge(_: &Params, case: &NotesCase<'_>, findings: &mut Vec<Finding>) {
    findings.extend(case.notes.iter().filter_map(|note| rejected(case, note)));
}

fn rejected(case: &NotesCase<'_>, note: &Note) -> Option<Finding> {
    let NoteKind::Rejected { written, expects, effect } = &note.kind else { return None };
    let (key, name) = (&note.key, case.gateway.name);
    let (so, then) = match effect {
        Rejection::Answers(status) => {
            (format!("so every path answers {status}"), format!("answers {status} on every path of the object"))
        }
        Rejection::Refused => ("and the object with it".to_owned(), REFUSED.to_owned()),
        Rejection::Removed(status) => (
            format!("and takes the object out of service: {status}"),
            format!(
                "drops the whole object, also one that it served until now: its hosts answer {status}, or whatever another object \
                 serves there"
            ),
        ),
        Rejection::AnswersSince(status, since) => (
            format!("so every path answers {status}, if it is {since} or newer"),
            format!(
                "answers {status} on every path of the object; versions before {since} do not look at it, and the version is not told"
            ),
        ),
        Rejection::LeftOut(status) => (
            format!("and takes the object out of service: {status}"),
            format!(
                "drops the whole object, also one that it served until now: its paths answer {status}, or whatever the object that has \
                 the host says of them"
            ),
        ),
        Rejection::Either(status) => (
            "and serves no path of the object".to_owned(),
            format!("answers {status} on every path of the object, or, in newer versions, {REFUSED}"),
        ),
    };
    let finding = Finding::at(case.label(&note.address), format!("{name} refuses {key} \"{written}\", {so}"))
        .why(format!("{name} expects {expects}. Otherwise it {then}. The API server stores the object all the same."))
        .help(format!("write {expects}, or delete the line"));
    Some(match effect {
        Rejection::Answers(status) | Rejection::Removed(status) | Rejection::LeftOut(status) => finding.status(*status),
        Rejection::AnswersSince(status, _) => finding.status(*status).at_most(Level::Warning),
        Rejection::Refused | Rejection::Either(_) => finding,
    })
}

/// What becomes of an object that is refused.
const REFUSED: &str = "drops the object: a new one is not served at all, and of a changed one the state before goes on until the \
                       gateway restarts and forgets it";
