//! The report as annotations of a GitHub workflow: commands that the runner takes from the output of a step.

use std::io::{self, Write};
use std::path::Path;

use super::paths::relative;
use super::plain::{details, headline, placed, unread};
use super::{Item, Report, State};

/// GitHub keeps this many annotations of each level from one step, the first ones, and drops the others in silence.
const MOST: usize = 10;

/// The report as workflow commands: errors, what could not be read, warnings, what is excepted. As many of each level as
/// GitHub shows, and what is left out is said last.
///
/// # Errors
/// If it cannot be written.
pub fn github(report: &Report, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    let of = |state: State| report.findings.iter().filter(move |item| item.state() == state);
    let (errors, warnings): (Vec<&Item>, Vec<&Item>) = of(State::Open).partition(|item| item.level == "error");
    let excepted: Vec<&Item> = of(State::Excepted).collect();
    let unreadable_shown = MOST.saturating_sub(errors.len());
    for item in errors.iter().take(MOST) {
        finding("error", item, here, out)?;
    }
    for note in report.notes.iter().take(unreadable_shown) {
        command("error", (&note.file, note.line, note.column), "no502 [unreadable]", &unread(note), here, out)?;
    }
    for item in warnings.iter().take(MOST) {
        finding("warning", item, here, out)?;
    }
    // The last line takes the place of one.
    for item in excepted.iter().take(MOST - 1) {
        finding("notice", item, here, out)?;
    }
    let left_out = [
        (errors.len().saturating_sub(MOST), "error"),
        (report.notes.len().saturating_sub(unreadable_shown), "unreadable place"),
        (warnings.len().saturating_sub(MOST), "warning"),
        (excepted.len().saturating_sub(MOST - 1), "excepted finding"),
    ];
    let left_out = left_out.iter().filter(|(count, _)| *count > 0);
    let left_out: Vec<String> =
        left_out.map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" })).collect();
    if !left_out.is_empty() {
        let (left_out, most) = (left_out.join(", "), MOST);
        writeln!(
            out,
            "::notice title=no502::not shown: {left_out}; GitHub takes {most} annotations of each level from a step, \
             and --format text or sarif tells all"
        )?;
    }
    Ok(())
}

fn finding(level: &str, item: &Item, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    // The log of the step shows the text alone, so that it names the object.
    let title = format!("no502 [{}]", item.rule);
    let pending = if item.certainty == "pending" && level != "notice" { " (pending)" } else { "" };
    let text = format!("{}{pending}\n{}", headline(item), details(item, placed));
    command(level, (&item.file, item.line, item.column), &title, &text, here, out)
}

fn command(
    level: &str,
    (file, line, column): (&str, u32, u32),
    title: &str,
    text: &str,
    here: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let file = property(&relative(file, here));
    writeln!(out, "::{level} file={file},line={line},col={column},title={}::{}", property(title), data(text))
}

/// Text behind the second `::`. The runner reads lines, and knows no other escapes.
fn data(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value between the two `::`, where `:` and `,` have a meaning.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_would_take_for_its_own_is_escaped() {
        assert_eq!(data("50%: a\r\nb\u{1b}[31m::error::c"), "50%25: a%0D%0Ab[31m::error::c");
        assert_eq!(property("a:b,c\nd%0A"), "a%3Ab%2Cc%0Ad%250A");
    }
}
