//! The strongest outcome of each rule, for `no502 explain`.

use no502::rule::RULES;

use super::figures::{Entry, Figures};
use super::words;

/// The first line of the file.
const COLUMNS: [&str; 10] = [
    "rule",
    "gateway",
    "version",
    "requests",
    "failed",
    "worst outcome",
    "failed once mended",
    "requests once mended",
    "event",
    "traffic",
];

/// The file: for each rule that is shown, the outcome with the most failures.
pub(super) fn table(figures: &Figures) -> String {
    let shown = RULES.iter().filter_map(|rule| {
        let ours = figures.of_rule(rule.meta.name).filter(|entry| entry.shows());
        // Of equals the first one in the order of the figures.
        ours.reduce(|most, next| if next.outcome.before.failures > most.outcome.before.failures { next } else { most })
    });
    let lines = std::iter::once(COLUMNS.map(str::to_owned)).chain(shown.map(line));
    lines.map(|fields| fields.join("\t") + "\n").collect()
}

fn line(entry: &Entry) -> [String; 10] {
    let outcome = &entry.outcome;
    let field = |text: &str| words::shortened(text, 200);
    [
        field(&outcome.rule),
        field(&outcome.gateway),
        field(&words::gateway(&outcome.gateway, &outcome.version)),
        outcome.before.requests.to_string(),
        outcome.before.failures.to_string(),
        field(words::worst(&outcome.before)),
        outcome.after.failures.to_string(),
        outcome.after.requests.to_string(),
        field(&outcome.event),
        field(&words::traffic(&outcome.traffic)),
    ]
}
