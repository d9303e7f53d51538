//! The report as SARIF 2.1.0, for code scanning and editors.
//!
//! Texts hold braces as they are written, although the standard asks to double them: no reader that is known halves them
//! again where a message has no arguments, and the lines to write would be wrong.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Serialize, Serializer};

use super::baseline::KNOWN;
use super::paths::{relative, uri};
use super::plain::{details, headline, named, unread};
use super::{Item, Related, Report, ReportFix, ReportNote, ReportObject, State};
use crate::collect::files::Input;
use crate::rule::{Meta, by_name};
use crate::units::Level;

mod fix;
mod rule;

use fix::{Fix, fixes};
use rule::Rule;

/// What relative paths are relative to.
const BASE: &str = "SRCROOT";

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    invocations: [Invocation<'r>; 1],
    original_uri_base_ids: BTreeMap<&'static str, Described>,
    column_kind: &'static str,
    results: Results<'r>,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'r str,
    semantic_version: &'r str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'r> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'r>>,
}

#[derive(Serialize)]
struct Notification<'r> {
    level: &'static str,
    message: OwnText,
    locations: [Place<'r>; 1],
}

#[derive(Serialize)]
struct Described {
    description: Text<'static>,
}

#[derive(Serialize)]
struct Text<'r> {
    text: &'r str,
}

#[derive(Serialize)]
struct OwnText {
    text: String,
}

/// Results are made one by one as they are written: all at once would be as large as the report.
struct Results<'r> {
    report: &'r Report,
    rules: BTreeMap<&'static str, usize>,
    /// The fix of each finding, by its place in the report.
    fixes: BTreeMap<usize, Fix>,
    here: &'r Path,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'r> {
    rule_id: &'static str,
    rule_index: Option<usize>,
    level: &'r str,
    message: OwnText,
    locations: [Place<'r>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place<'r>>,
    partial_fingerprints: Fingerprints<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'r>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<[&'r Fix; 1]>,
    properties: Properties<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'r>>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[Logical<'r>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'r> {
    name: &'r str,
    fully_qualified_name: String,
    kind: &'static str,
}

/// The number is that of the way in which it is made.
#[derive(Serialize)]
struct Fingerprints<'r> {
    #[serde(rename = "no502/v1")]
    own: &'r str,
}

#[derive(Serialize)]
struct Suppression<'r> {
    kind: &'static str,
    status: &'static str,
    justification: &'r str,
}

#[derive(Serialize)]
struct Properties<'r> {
    status: &'r str,
    certainty: &'static str,
    object: &'r ReportObject,
    field: &'r str,
    /// The fix as a patch of the object, whatever the text looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'r ReportFix>,
}

/// The report as SARIF, with the pages of the rules that spoke. What was just fixed is no result any more. Paths are relative to the folder `here`.
///
/// # Errors
/// If it cannot be written.
pub fn sarif(report: &Report, input: &Input, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&'static str, usize> = report.remaining().map(|item| (item.rule, 0)).collect();
    rules.values_mut().enumerate().for_each(|(index, own)| *own = index);
    let spoke: Vec<&Meta> = rules.keys().filter_map(|name| by_name(name)).map(|entry| entry.meta).collect();
    let base = "The folder that no502 was run in, which should be the root of the checkout.";
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "no502",
                version: report.version,
                semantic_version: report.version,
                rules: spoke.into_iter().map(Rule::new).collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: report.notes.is_empty(),
            tool_execution_notifications: report.notes.iter().map(|note| notification(note, here)).collect(),
        }],
        original_uri_base_ids: BTreeMap::from([(BASE, Described { description: Text { text: base } })]),
        column_kind: "unicodeCodePoints",
        results: Results { report, rules, fixes: fixes(report, input, here), here },
    };
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    serde_json::to_writer_pretty(&mut *out, &Log { schema, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let remaining = self.report.findings.iter().enumerate().filter(|(_, item)| item.state() != State::Fixed);
        serializer.collect_seq(remaining.map(|(index, item)| self.finding(item, self.fixes.get(&index))))
    }
}

impl<'r> Results<'r> {
    fn finding(&self, item: &'r Item, fix: Option<&'r Fix>) -> Finding<'r> {
        // What has no place in a file is told in the message alone.
        let placed: Vec<&Related> = item.related.iter().filter(|related| related.line > 0).collect();
        let link = |related: &Related| {
            let name = named(&related.object);
            let id = placed.iter().position(|own| std::ptr::eq(*own, related));
            id.map_or_else(|| name.clone(), |id| format!("[{}]({})", name.replace(['[', ']'], ""), id + 1))
        };
        let text = format!("{}\n\n{}", headline(item), details(item, link));
        let related = (1..).zip(&placed).map(|(id, related)| Place {
            id: Some(id),
            message: Some(Text { text: &related.note }),
            ..Place::new((&related.file, related.line, related.column), Some((&related.object, &related.field)), self.here)
        });
        let holds = item.exception.as_ref().filter(|exception| exception.holds);
        Finding {
            rule_id: item.rule,
            rule_index: self.rules.get(item.rule).copied(),
            level: &item.level,
            message: OwnText { text },
            locations: [Place::new((&item.file, item.line, item.column), Some((&item.object, &item.field)), self.here)],
            related_locations: related.collect(),
            partial_fingerprints: Fingerprints { own: &item.fingerprint },
            suppressions: holds.map(|exception| {
                let kind = if exception.is_carried { "inSource" } else { "external" };
                [Suppression { kind, status: "accepted", justification: &exception.reason }]
            }),
            baseline_state: item.baseline.map(|state| if state == KNOWN { "unchanged" } else { "new" }),
            fixes: fix.map(|fix| [fix]),
            properties: Properties {
                status: &item.status,
                certainty: item.certainty,
                object: &item.object,
                field: &item.field,
                fix: item.fix.available.then_some(&item.fix),
            },
        }
    }
}

impl Artifact {
    fn new(file: &str, here: &Path) -> Self {
        let path = relative(file, here);
        let is_relative = !Path::new(&path).is_absolute();
        Self { uri: uri(&path), uri_base_id: is_relative.then_some(BASE) }
    }
}

impl<'r> Place<'r> {
    fn new((file, line, column): (&str, u32, u32), field: Option<(&'r ReportObject, &str)>, here: &Path) -> Self {
        let logical = |(object, field): (&'r ReportObject, &str)| {
            let fully_qualified_name = format!("{}{field}", named(object));
            [Logical { name: &object.name, fully_qualified_name, kind: "resource" }]
        };
        Self {
            id: None,
            message: None,
            physical_location: Physical {
                artifact_location: Artifact::new(file, here),
                region: Region { start_line: line, start_column: column },
            },
            logical_locations: field.map(logical),
        }
    }
}

fn notification<'r>(note: &'r ReportNote, here: &Path) -> Notification<'r> {
    let place = (note.file.as_str(), note.line, note.column);
    Notification { level: "error", message: OwnText { text: unread(note) }, locations: [Place::new(place, None, here)] }
}
