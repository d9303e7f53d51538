//! What people read: denials of several lines, warnings of one.

use std::fmt::Write as _;

use crate::engine::{Operation, Outcome, Spoken, Standing, Verdict};
use crate::finding::Certainty;
use crate::policy::Mode;

/// The longest warning: kubectl prints it on one line.
const WIDTH: usize = 120;
/// How much of a warning may go to the name of an object: names may have 253 characters.
const OBJECT: usize = 56;
/// The least that is left for what is wrong.
const LEAST: usize = 20;
/// How many warnings one answer carries.
const WARNINGS: usize = 10;

/// Why a change is refused, in several lines: rule, place, what is wrong, what fails, what to write.
#[must_use]
pub fn denial(object: &str, outcome: &Outcome) -> String {
    let denied: Vec<&Spoken> = outcome.spoken.iter().filter(|spoken| spoken.denies).collect();
    let profile = outcome.profiles.iter().find(|(mode, _)| *mode == Mode::Enforce).map_or("", |(_, name)| &**name);
    let errors = if denied.len() == 1 { "1 error".to_owned() } else { format!("{} errors", denied.len()) };
    let mut text = format!("no502 refuses {}: {errors} (profile {profile})\n", one_line(object));
    for spoken in denied {
        let finding = &spoken.finding;
        let place = finding.primary.address.pointer();
        let element = &finding.primary.element;
        let _ = write!(text, "\n[{}] {} {place}", finding.rule, finding.primary.object);
        if !element.is_empty() {
            let _ = write!(text, " ({})", one_line(element));
        }
        let _ = write!(
            text,
            "\n  what: {}\n  why:  {}\n  fix:  {}",
            one_line(&finding.message),
            one_line(&finding.why),
            indented(&finding.help)
        );
        let _ = writeln!(text, "\n  more: no502 explain {}", finding.rule);
    }
    text
}

/// What a user should know though the change may pass: one line each, the most important first, at most eleven. `leads_to_pods`
/// says that what changes leads requests to pods.
#[must_use]
pub fn warnings(operation: Operation, leads_to_pods: bool, outcome: &Outcome) -> Vec<String> {
    let heard = || outcome.spoken.iter().filter(|spoken| spoken.mode > Mode::Audit);
    // What refuses the change stands in the denial. Where the document's mode holds the denial back, it is a warning.
    let is_denied = outcome.verdict == Verdict::Deny;
    let is_said_elsewhere = |spoken: &Spoken| is_denied && spoken.denies || spoken.is_excepted();
    let spoken = heard().filter(|spoken| !is_said_elsewhere(spoken));
    let expired = heard().filter_map(|spoken| spoken.exception.as_ref().filter(|exception| !exception.holds));
    let mut lines: Vec<String> = outcome.notes.iter().map(|note| line(&format!("no502: {note}"))).collect();
    lines.extend(expired.map(|exception| line(&format!("no502: {}", exception.reason))));
    lines.extend(spoken.map(|spoken| warning(operation, leads_to_pods, spoken)));
    lines.extend(
        outcome.panics.iter().map(|rule| format!("no502: rule {rule} failed (a fault of no502); nothing was refused for it")),
    );
    if outcome.was_cut {
        lines.push(
            "no502: this change touches more objects than one answer judges; `no502 check` of their files sees them all"
                .to_owned(),
        );
    }
    let mut seen = std::collections::HashSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    let more = lines.len().saturating_sub(WARNINGS);
    lines.truncate(WARNINGS);
    if more > 0 {
        lines.push(format!("no502: {more} more; `no502 check` shows them all"));
    }
    lines
}

fn warning(operation: Operation, leads_to_pods: bool, spoken: &Spoken) -> String {
    let finding = &spoken.finding;
    let object = &finding.primary.object;
    let object = match (spoken.standing, operation) {
        // A namespace's label is answered by what is in it; a change that leads to something says so.
        (Standing::Reached, Operation::Create | Operation::Update) if leads_to_pods && object.kind.is_workload() => {
            format!("would route to {} {}", object.kind, object.name)
        }
        // Who loses a backend is told by route, not by object alone.
        (Standing::New, Operation::Delete) if !finding.primary.element.is_empty() => {
            format!("{} {} ({})", object.kind, object.name, finding.primary.element)
        }
        _ => format!("{} {}", object.kind, object.name),
    };
    let head = format!("no502 [{}] {}: ", finding.rule, cut(&one_line(&object), OBJECT));
    let is_pending = finding.certainty == Certainty::Pending && operation != Operation::Delete;
    let room = WIDTH.saturating_sub(head.chars().count());
    let message = one_line(&finding.message);
    // What is wrong comes before what to do about not being sure.
    let tails = [(" (pending: `no502 check`)", message.chars().count()), (" (pending)", LEAST)];
    let tail = tails.into_iter().find(|(tail, least)| is_pending && tail.len() + least <= room);
    let tail = tail.map(|(tail, _)| tail).unwrap_or_default();
    line(&format!("{head}{}{tail}", cut(&message, room.saturating_sub(tail.len()))))
}

/// One warning: kubectl prints it on one line, and the API server drops it where it holds a control character.
pub(super) fn line(text: &str) -> String {
    cut(&one_line(text), WIDTH)
}

/// Text without control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Several lines, each below the first indented, without other control characters.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(one_line).collect();
    lines.join("\n        ")
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
