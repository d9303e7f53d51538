//! A finding in plain lines, for formats that have one text for it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Item, Related, ReportNote, ReportObject, State};

/// Whose fault it is, and what is wrong: one line.
pub(super) fn headline(item: &Item) -> String {
    format!("{}: {}", named(&item.object), item.message)
}

/// `Deployment shop/web`.
pub(super) fn named(object: &ReportObject) -> String {
    let ReportObject { kind, namespace, name, .. } = object;
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// How heavy it is here: `error`, `warning (pending)`, `excepted`.
pub(super) fn weight(item: &Item) -> Cow<'_, str> {
    match (uncounted(item), item.certainty) {
        (Some(word), _) => word.into(),
        (None, "pending") => format!("{} (pending)", item.level).into(),
        (None, _) => item.level.as_str().into(),
    }
}

/// Why it does not count, in a word.
pub(super) fn uncounted(item: &Item) -> Option<&'static str> {
    match item.state() {
        State::Open => None,
        State::Excepted => Some("excepted"),
        State::Known => Some("known"),
        State::Fixed => Some("fixed"),
    }
}

/// What fails and when, what to write, what it clashes with, and the exception: a line for each, help as it is written.
/// `related` says how something related is called.
pub(super) fn details(item: &Item, mut related: impl FnMut(&Related) -> String) -> String {
    let mut out = format!("why: {}\nfix: {}", item.why, item.help.replace('\n', "\n     "));
    for own in &item.related {
        let _ = write!(out, "\nsee: {}: {}", related(own), own.note);
    }
    if let Some(exception) = &item.exception {
        let _ = write!(out, "\nexception: {}", exception.reason);
    }
    out
}

/// What it clashes with, with its place: `k8s/web.yaml:12: Service shop/web`.
pub(super) fn placed(related: &Related) -> String {
    let place = if related.line > 0 { format!("{}:{}: ", related.file, related.line) } else { String::new() };
    format!("{place}{}", named(&related.object))
}

/// What is wrong where nothing could be judged.
pub(super) fn unread(note: &ReportNote) -> String {
    format!("could not be read, so it was not judged: {}", note.message)
}
