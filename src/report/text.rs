//! The report as text, for people.

use std::fmt::Write as _;

use super::{Item, Report, State};
use crate::collect::files::Input;

/// Whether words are coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// With ANSI colours.
    Colour,
    /// Without.
    Plain,
}

impl Style {
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// The report as text: each finding with its source line, then what it comes to.
#[must_use]
pub fn text(report: &Report, input: &Input, style: Style) -> String {
    let mut out = String::new();
    // The findings of one file come one after the other.
    for items in report.findings.chunk_by(|a, b| a.source == b.source) {
        let file = items.first().and_then(|item| input.files.get(item.source));
        let text = file.map_or("", |file| &*file.text);
        let source = Source { lines: text.lines().collect(), is_ascii: text.is_ascii() };
        for item in items.iter().filter(|item| item.state() != State::Known) {
            finding(&mut out, item, &source, style);
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "{}: {}: {}\n", note.place(), style.paint("35", "unreadable"), note.message);
    }
    summary(&mut out, report, style);
    out
}

/// As much of a line is shown as fits on a wide terminal.
const WIDTH: usize = 160;

/// The text of a file.
struct Source<'t> {
    lines: Vec<&'t str>,
    is_ascii: bool,
}

impl Source<'_> {
    /// As much of a line as is shown, from this character on.
    fn shown(&self, line: &str, left_out: usize) -> String {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        // A whole file of JSON may be one line, and have many findings.
        match line.get(left_out..).filter(|_| self.is_ascii) {
            Some(rest) => rest.chars().take(WIDTH).map(plain).collect(),
            None => line.chars().skip(left_out).take(WIDTH).map(plain).collect(),
        }
    }
}

fn finding(out: &mut String, item: &Item, source: &Source<'_>, style: Style) {
    let colour = if item.level == "error" { "1;31" } else { "33" };
    let mut level = style.paint(colour, &item.level);
    if item.certainty == "pending" {
        level.push_str(" (pending)");
    }
    if item.is_excepted() {
        level = style.paint("2", "excepted");
    } else if item.fix.applied {
        level = style.paint("32", "fixed");
    }
    let (object, namespace) = (&item.object, &item.object.namespace);
    let name = if namespace.is_empty() { object.name.clone() } else { format!("{namespace}/{}", object.name) };
    let _ = writeln!(out, "{level} [{}] {} {name}: {}", item.rule, object.kind, item.message);
    let _ = writeln!(out, "  --> {}:{}:{}", item.file, item.line, item.column);
    if item.fix.applied {
        // The line is another one by now, and there is nothing left to do.
        out.push('\n');
        return;
    }
    let line = usize::try_from(item.line.saturating_sub(1)).unwrap_or_default();
    if let Some(line) = source.lines.get(line) {
        // Of a long line, such as one of JSON, what stands around the place.
        let column = usize::try_from(item.column.saturating_sub(1)).unwrap_or_default();
        let left_out = if column < WIDTH / 2 { 0 } else { column - WIDTH / 4 };
        let shown = source.shown(line, left_out);
        let gutter = item.line.to_string();
        let blank = " ".repeat(gutter.len());
        let indent = " ".repeat(column - left_out);
        let _ = writeln!(out, " {blank} |\n {gutter} | {shown}\n {blank} | {indent}{}", style.paint(colour, "^"));
    }
    let _ = writeln!(out, "  why: {}", item.why);
    let _ = writeln!(out, "  fix: {}", item.help.replace('\n', "\n       "));
    for related in &item.related {
        let place = if related.line > 0 { format!("{}:{}: ", related.file, related.line) } else { String::new() };
        let _ = writeln!(out, "  see: {place}{} {}: {}", related.object.kind, related.object.name, related.note);
    }
    if let Some(exception) = &item.exception {
        let _ = writeln!(out, "  exception: {}", exception.reason);
    }
    out.push('\n');
}

fn summary(out: &mut String, report: &Report, style: Style) {
    let summary = &report.summary;
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let (objects, files) = (count(summary.objects, "object"), count(summary.files, "file"));
    if summary.objects == 0 {
        let _ = write!(out, "nothing was read: {objects} in {files}");
    } else if summary.errors + summary.warnings == 0 {
        let nothing = if summary.known > 0 { "nothing new found" } else { "nothing found" };
        let _ = write!(out, "{} in {objects} of {files} (profile {})", style.paint("32", nothing), report.policy);
    } else {
        let (errors, warnings) = (count(summary.errors, "error"), count(summary.warnings, "warning"));
        let _ = write!(out, "{errors}, {warnings} in {objects} of {files} (profile {})", report.policy);
    }
    if summary.excepted > 0 {
        let _ = write!(out, "; {} excepted", summary.excepted);
    }
    if let Some(baseline) = report.baseline.as_ref().filter(|_| summary.known > 0) {
        let _ = write!(out, "; {} known from {}", summary.known, baseline.file);
    }
    if summary.fixed > 0 {
        let _ = write!(out, "; {} fixed", summary.fixed);
    }
    if summary.unreadable > 0 {
        let _ = write!(out, "; {} could not be read", count(summary.unreadable, "place"));
    }
    out.push('\n');
    if let Some(baseline) = report.baseline.as_ref().filter(|baseline| !baseline.gone.is_empty()) {
        let (gone, file) = (count(baseline.gone.len(), "finding"), &baseline.file);
        let (are, them) = if baseline.gone.len() == 1 { ("is", "it") } else { ("are", "them") };
        let _ = writeln!(out, "{gone} of {file} {are} gone: --prune-baseline takes {them} out");
    }
    if let Some(item) = report.findings.iter().find(|item| item.is_open()) {
        let _ = writeln!(out, "`no502 explain {}` tells more of a rule", item.rule);
    }
}
