//! Floor 7: outcomes to text. Nothing is filtered here: what comes in goes out, in every format.

mod baseline;
pub mod effective;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod page;
mod paths;
mod places;
mod plain;
mod readable;
mod sarif;
mod state;
mod steps;
mod text;
pub mod trace;

pub use baseline::{Baseline, Compared, Entry, Scope};
pub use github::github;
pub use gitlab::gitlab;
pub use html::{DRAWN, Routes, html};
pub use json::json;
pub use junit::junit;
pub use page::page;
pub use paths::uri;
pub use places::entry_of;
pub use readable::{one_line, readable};
pub use sarif::sarif;
pub use state::{State, Summary};
pub use text::{Style, text};

use serde::Serialize;
use serde_json::Value;

use crate::collect::files::{FileObject, Input, InputNote};
use crate::collect::parallel;
use crate::engine::patch::Patch;
use crate::engine::{Outcome, Spoken};

use crate::finding::Label;
use crate::object::ObjectId;
use crate::object::yaml::{Part, Position};
use crate::rule::by_name;
use fingerprint::{fingerprint, tell_apart};
use places::{Places, place};

/// A report: what JSON shows is what text shows. The shape is a contract.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The shape of the report.
    pub schema: &'static str,
    /// The version of no502.
    pub version: &'static str,
    /// The profile; several, separated by commas, where namespaces differ.
    pub policy: String,
    /// What was found, by file, template, line, column and rule.
    pub findings: Vec<Item>,
    /// What could not be read.
    pub notes: Vec<ReportNote>,
    /// What came of the baseline, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Compared>,
    /// Counts.
    pub summary: Summary,
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct Item {
    /// The rule that says so.
    pub rule: &'static str,
    /// Its family.
    pub family: String,
    /// `error` or `warning`.
    pub level: String,
    /// What answers: `502`, or `none`.
    pub status: String,
    /// `certain` or `pending`.
    pub certainty: &'static str,
    /// The object at fault.
    pub object: ReportObject,
    /// The JSON pointer of the field at fault.
    pub field: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The template that the object comes from, where Helm wrote so into the file. The line is not one of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// One line: what is wrong.
    pub message: String,
    /// What fails, and when.
    pub why: String,
    /// What to write instead.
    pub help: String,
    /// What it clashes with.
    pub related: Vec<Related>,
    /// New values that make it go away.
    pub fix: ReportFix,
    /// The exception that it falls under.
    pub exception: Option<ReportException>,
    /// Whether the baseline holds it: `known` or `new`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<&'static str>,
    /// Stays the same when lines move; no two of a report have the same.
    pub fingerprint: String,
    /// The fingerprint before it was told from others: the same for one object in two files.
    #[serde(skip)]
    pub identity: String,
    /// The place of the file in the input.
    #[serde(skip)]
    pub source: usize,
    /// Where the object stands that the fix is for.
    #[serde(skip)]
    pub origin: Origin,
}

/// Where an object stands.
#[derive(Debug)]
pub struct Origin {
    /// Which file of the input.
    pub file: usize,
    /// Which document of the file.
    pub document: usize,
    /// The JSON pointer of the object in the document: not empty in a `List`.
    pub prefix: String,
}

/// An object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportObject {
    /// Its API version.
    pub api_version: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A place that a finding clashes with.
#[derive(Debug, Serialize)]
pub struct Related {
    /// The object.
    pub object: ReportObject,
    /// The JSON pointer of the field.
    pub field: String,
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// The column, from 1; 0 where it is not known.
    pub column: u32,
    /// Why it matters.
    pub note: String,
}

/// A fix.
#[derive(Debug, Serialize)]
pub struct ReportFix {
    /// Whether there is one.
    pub available: bool,
    /// Whether it was applied.
    pub applied: bool,
    /// Why it was not, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// As a JSON patch.
    pub patch: Value,
}

/// An exception.
#[derive(Debug, Serialize)]
pub struct ReportException {
    /// Whether it holds today.
    pub holds: bool,
    /// Why.
    pub reason: String,
    /// Whether the object carries it, and not the policy.
    #[serde(skip)]
    pub is_carried: bool,
}

/// What could not be read.
#[derive(Debug, Serialize)]
pub struct ReportNote {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What, and why.
    pub message: String,
    /// Whether nothing of the file could be read, so that no line of it is meant.
    #[serde(skip)]
    pub is_whole: bool,
}

impl ReportNote {
    /// Where, for people: `shop.yaml:3:1`, or the file alone.
    #[must_use]
    pub fn place(&self) -> String {
        if self.is_whole { self.file.clone() } else { format!("{}:{}:{}", self.file, self.line, self.column) }
    }
}

impl Report {
    /// The report of what was found in files.
    #[must_use]
    pub fn of_files(policy: &str, input: &Input, outcomes: &[(usize, Outcome)]) -> Self {
        let entry = |index: &usize| input.objects.get(*index);
        let file = |(index, _): &(usize, Outcome)| entry(index).map(|entry| entry.file);
        let files: Vec<_> = outcomes.chunk_by(|one, other| file(one) == file(other)).collect();
        let items = |places: &mut Places<'_>, outcomes: &&[(usize, Outcome)]| {
            let known = outcomes.iter().filter_map(|(index, outcome)| Some((entry(index)?, outcome)));
            known.flat_map(|(entry, outcome)| items(entry, outcome, places)).collect::<Vec<Item>>()
        };
        let mut findings: Vec<Item> = parallel::each(&files, || Places::new(input), items).into_iter().flatten().collect();
        sort(&mut findings);
        tell_apart(&mut findings);
        let notes = notes(input);
        let summary = Summary { files: input.files.len(), objects: outcomes.len(), ..Summary::default() };
        let (schema, version) = ("no502.dev/report/v1", env!("CARGO_PKG_VERSION"));
        let mut report = Self { schema, version, policy: policy.to_owned(), findings, notes, baseline: None, summary };
        report.count();
        report
    }

    /// Adds findings that are gone because their fixes were written. They stand where they were found before.
    pub fn add_fixed(&mut self, mut fixed: Vec<Item>) {
        for item in &mut fixed {
            item.fix.applied = true;
        }
        self.findings.append(&mut fixed);
        sort(&mut self.findings);
        self.count();
    }

    fn count(&mut self) {
        self.summary.count(&self.findings, &self.notes);
    }
}

impl Item {
    /// Where, for people: `shop.yaml:3:1`, with the template that it comes from.
    #[must_use]
    pub fn place(&self) -> String {
        let template = self.template.as_ref().map(|template| format!(" ({template})")).unwrap_or_default();
        format!("{}:{}:{}{template}", self.file, self.line, self.column)
    }
}

fn sort(findings: &mut [Item]) {
    findings.sort_by(|a, b| {
        let key = |item: &Item| (item.line, item.column, item.rule);
        // What comes of one template stays together, wherever Helm put it.
        (&a.file, &a.template, key(a), &a.field, &a.message).cmp(&(&b.file, &b.template, key(b), &b.field, &b.message))
    });
}

/// What could not be read of an input, by place.
#[must_use]
pub fn notes(input: &Input) -> Vec<ReportNote> {
    let is_whole = |note: &InputNote| {
        (note.position.line, note.position.column) == (1, 1) && !input.files.iter().any(|file| file.name == note.file)
    };
    let note = |note: &InputNote| ReportNote {
        file: note.file.clone(),
        line: note.position.line,
        column: note.position.column,
        message: one_line(&note.message),
        is_whole: is_whole(note),
    };
    let mut notes: Vec<ReportNote> = input.notes.iter().map(note).collect();
    notes.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    notes
}

/// The findings of one object, with their places.
fn items(entry: &FileObject, outcome: &Outcome, places: &mut Places<'_>) -> Vec<Item> {
    if outcome.spoken.is_empty() {
        return Vec::new();
    }
    // Nearly all findings point at the object that was judged: those are found in one go.
    let is_own = |spoken: &&Spoken| spoken.finding.primary.object == entry.object.id;
    let own = outcome.spoken.iter().filter(is_own);
    let pointers: Vec<(String, Part)> = own.map(|spoken| place(&spoken.finding.primary, &entry.prefix)).collect();
    let pointers: Vec<(&str, Part)> = pointers.iter().map(|(pointer, part)| (pointer.as_str(), *part)).collect();
    let mut positions = places.locate(entry, &pointers).into_iter();
    let mut found = Vec::with_capacity(outcome.spoken.len());
    for spoken in &outcome.spoken {
        let (at, position) = if is_own(&spoken) {
            (entry, positions.next().flatten())
        } else {
            let label = &spoken.finding.primary;
            let at = entry_of(&label.object, entry.file, places.input).unwrap_or(entry);
            (at, places.position(at, label))
        };
        found.push(item(spoken, entry, at, position.unwrap_or(Position { line: 1, column: 1 }), places));
    }
    found
}

fn item(spoken: &Spoken, entry: &FileObject, at: &FileObject, position: Position, places: &mut Places<'_>) -> Item {
    let finding = &spoken.finding;
    let patch = finding.fix.as_ref().and_then(|fix| Patch::build(&entry.object.raw, [(finding.rule, fix)]));
    let identity = fingerprint(spoken);
    let operations = patch.as_ref().and_then(|patch| serde_json::to_value(&patch.operations).ok());
    Item {
        rule: finding.rule,
        family: by_name(finding.rule).map(|rule| rule.meta.family.to_string()).unwrap_or_default(),
        level: spoken.level.to_string(),
        status: finding.status.shown(),
        certainty: finding.certainty.name(),
        object: object(&finding.primary.object),
        field: finding.primary.address.pointer(),
        file: places.input.files.get(at.file).map(|file| file.name.clone()).unwrap_or_default(),
        line: position.line,
        column: position.column,
        template: at.template.as_deref().map(one_line),
        message: one_line(&finding.message),
        why: one_line(&finding.why),
        help: readable(&finding.help),
        related: finding.related.iter().map(|(label, note)| related(label, note, entry.file, places)).collect(),
        fix: ReportFix {
            available: patch.is_some(),
            applied: false,
            left: None,
            patch: operations.unwrap_or_else(|| Value::Array(Vec::new())),
        },
        exception: spoken.exception.as_ref().map(|exception| ReportException {
            holds: exception.holds,
            reason: one_line(&exception.reason),
            is_carried: exception.entry.is_none(),
        }),
        baseline: None,
        fingerprint: identity.clone(),
        identity,
        source: at.file,
        origin: Origin { file: entry.file, document: entry.document, prefix: entry.prefix.clone() },
    }
}

fn related(label: &Label, note: &str, beside: usize, places: &mut Places<'_>) -> Related {
    let entry = entry_of(&label.object, beside, places.input);
    let file = entry.and_then(|entry| places.input.files.get(entry.file));
    let position = entry.and_then(|entry| places.position(entry, label));
    Related {
        object: object(&label.object),
        field: label.address.pointer(),
        file: file.map(|file| file.name.clone()).unwrap_or_default(),
        line: position.map_or(0, |position| position.line),
        column: position.map_or(0, |position| position.column),
        note: one_line(note),
    }
}

fn object(id: &ObjectId) -> ReportObject {
    ReportObject {
        api_version: id.kind.api_version(),
        kind: id.kind.name(),
        namespace: id.namespace.to_string(),
        name: id.name.to_string(),
    }
}
