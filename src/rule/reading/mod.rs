//! Does the gateway see what was written?

pub mod key_decided_elsewhere;
pub mod key_unknown;
pub mod key_without_effect;
pub mod poison_value;
pub mod value_ignored;
pub mod value_rejected;

use crate::finding::{Finding, Label};
use crate::model::{About, Note, NoteKind};
use crate::object::Address;

/// What is said of a key of which nothing comes, where it is about one of these.
pub(in crate::rule) fn without_effect(
    note: &Note,
    about: &[About],
    name: &str,
    label: impl Fn(&Address) -> Label,
) -> Option<Finding> {
    let NoteKind::WithoutEffect { written, about: own, because, instead } = &note.kind else { return None };
    if !about.contains(own) {
        return None;
    }
    let help = instead.as_deref().unwrap_or("delete the line: it says what does not hold");
    let finding = Finding::at(label(&note.address).key(), format!("{} \"{written}\" has no effect", note.key));
    Some(
        finding
            .why(format!("{because} {name} never says so, and whoever reads the line believes that it holds."))
            .help(help.to_owned()),
    )
}
