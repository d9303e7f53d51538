//! The report as JUnit XML, which most CI systems show as tests.
//!
//! A suite is a file, and a test case is a finding, or an object of which nothing was found. GitLab and Jenkins show one failure
//! for each test case and read no further, so several findings in one case would be lost; GitLab also drops the second
//! of two cases of one name. The name is what both show in their lists and what they follow from run to run, so it
//! says what is wrong and holds no line number. The file is the class, since GitLab shows that as the suite, and Jenkins
//! before the name. Where text stands in a failure GitLab shows nothing else of it, so the text says everything.
//! What does not fail is skipped: a case that passes has no text that anybody would see.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::paths::relative;
use super::plain::{details, headline, named, placed, uncounted, unread, weight};
use super::{Item, Report, ReportNote, ReportObject, object};
use crate::collect::files::Input;
use crate::units::Level;

/// A test case; nothing is told of one that passes.
struct Case<'r> {
    name: String,
    told: Option<Told<'r>>,
}

/// What is told of a test case, and the element that tells it.
struct Told<'r> {
    element: &'static str,
    kind: &'r str,
    message: Cow<'r, str>,
    text: String,
}

/// The report as JUnit XML. Findings from the level `fails` upwards are failures, lighter and excepted ones are skipped, and
/// what could not be read is an error.
///
/// # Errors
/// If it cannot be written.
pub fn junit(report: &Report, input: &Input, fails: Level, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report, input, fails);
    let all = || suites.values().flatten();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"no502\" {}>", counts(all()))?;
    for (file, cases) in &suites {
        let file = attribute(&relative(file, here)).into_owned();
        let skipped = cases.iter().filter(|case| case.is("skipped")).count();
        writeln!(out, "  <testsuite name=\"{file}\" {} skipped=\"{skipped}\">", counts(cases.iter()))?;
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        for case in cases {
            let times = taken.entry(&case.name).and_modify(|times| *times += 1).or_insert(1);
            write_case(case, *times, &file, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn suites<'r>(report: &'r Report, input: &'r Input, fails: Level) -> BTreeMap<&'r str, Vec<Case<'r>>> {
    let mut suites: BTreeMap<&str, Vec<Case<'_>>> = BTreeMap::new();
    let mut faulty = BTreeSet::new();
    for item in report.remaining() {
        faulty.insert((item.file.as_str(), key(&item.object)));
        suites.entry(&item.file).or_default().push(finding(item, fails));
    }
    for entry in &input.objects {
        let Some(file) = input.files.get(entry.file) else { continue };
        let own = object(&entry.object.id);
        if !faulty.contains(&(file.name.as_str(), key(&own))) {
            suites.entry(&file.name).or_default().push(Case { name: named(&own), told: None });
        }
    }
    for note in &report.notes {
        suites.entry(&note.file).or_default().push(unreadable(note));
    }
    suites
}

fn key(object: &ReportObject) -> (&'static str, &'static str, String) {
    (object.api_version, object.kind, format!("{}/{}", object.namespace, object.name))
}

fn finding(item: &Item, fails: Level) -> Case<'_> {
    let has_failed = item.is_open() && (fails <= Level::Warning || item.level == Level::Error.to_string());
    let headline = headline(item);
    let place = format!("{}:{}:{}", item.file, item.line, item.column);
    let text = format!("{place}: {} [{}] {headline}\n{}", weight(item), item.rule, details(item, placed));
    let message = uncounted(item).map_or(Cow::from(&item.message), |word| Cow::Owned(format!("{word}: {}", item.message)));
    let element = if has_failed { "failure" } else { "skipped" };
    Case { name: format!("{}: {headline}", item.rule), told: Some(Told { element, kind: item.rule, message, text }) }
}

fn unreadable(note: &ReportNote) -> Case<'_> {
    let text = format!("{}:{}:{}: {}", note.file, note.line, note.column, unread(note));
    let told = Told { element: "error", kind: "unreadable", message: Cow::from(&note.message), text };
    Case { name: "unreadable".to_owned(), told: Some(told) }
}

impl Case<'_> {
    fn is(&self, element: &str) -> bool {
        self.told.as_ref().is_some_and(|told| told.element == element)
    }
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case<'c>>) -> String {
    let (mut tests, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        tests += 1;
        failures += usize::from(case.is("failure"));
        errors += usize::from(case.is("error"));
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

fn write_case(case: &Case<'_>, times: usize, file: &str, out: &mut dyn Write) -> io::Result<()> {
    let again = if times > 1 { format!(" ({times})") } else { String::new() };
    write!(out, "    <testcase classname=\"{file}\" name=\"{}{again}\"", attribute(&case.name))?;
    let Some(Told { element, kind, message, text }) = &case.told else { return writeln!(out, "/>") };
    let (message, text) = (attribute(message), content(text));
    writeln!(out, ">\n      <{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>\n    </testcase>")
}

/// Text between tags.
fn content(text: &str) -> Cow<'_, str> {
    escaped(text, "\r")
}

/// The value of an attribute: a reader would take line ends and tabs in it for blanks.
fn attribute(text: &str) -> Cow<'_, str> {
    escaped(text, "\r\n\t")
}

/// What XML 1.0 has no way to write is left out.
fn escaped<'t>(text: &'t str, numbered: &str) -> Cow<'t, str> {
    let is_plain = |c: char| !matches!(c, '&' | '<' | '>' | '"') && is_allowed(c) && !numbered.contains(c);
    if text.chars().all(is_plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars().filter(|c| is_allowed(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if numbered.contains(c) => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.into()
}

/// Whether XML 1.0 has the character; C1 control characters are discouraged.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        let nasty = "a<b>&\"'\u{0}\u{1b}[31m\u{ffff}\u{85}]]>\r\n\tü";
        assert_eq!(content(nasty), "a&lt;b&gt;&amp;&quot;'[31m]]&gt;&#13;\n\tü");
        assert_eq!(attribute(nasty), "a&lt;b&gt;&amp;&quot;'[31m]]&gt;&#13;&#10;&#9;ü");
        assert!(matches!(content("plain"), Cow::Borrowed(_)));
    }
}
