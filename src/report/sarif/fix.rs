//! Fixes as SARIF has them: stretches of the text, so that an editor can write them. They are those that `--fix` would write.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Artifact, OwnText};
use crate::collect::files::{Input, STDIN, SourceFile};
use crate::collect::parallel::each;
use crate::object::edit::{Change, Splice, splices};
use crate::object::yaml::{Stretch, stretches};
use crate::report::{Item, Report, State};

/// A fix: what is to stand where in a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fix {
    description: OwnText,
    artifact_changes: [ArtifactChange; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: Artifact,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Deleted,
    inserted_content: OwnText,
}

/// What is taken out, up to but not including its end; nothing where both are the same.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The fixes of findings that stand, by their places in the report.
pub(super) fn fixes(report: &Report, input: &Input, here: &Path) -> BTreeMap<usize, Fix> {
    // Of what cannot be read whole nobody knows what an edit does.
    let unread: HashSet<&str> = report.notes.iter().map(|note| note.file.as_str()).collect();
    let mut files: BTreeMap<usize, Vec<(usize, &Item)>> = BTreeMap::new();
    for (index, item) in report.findings.iter().enumerate() {
        if item.fix.available && matches!(item.state(), State::Open | State::Known) {
            files.entry(item.origin.file).or_default().push((index, item));
        }
    }
    let files: Vec<(usize, Vec<(usize, &Item)>)> = files.into_iter().collect();
    let of_file = |(): &mut (), (file, items): &(usize, Vec<(usize, &Item)>)| {
        let is_fit =
            |file: &&SourceFile| file.name != STDIN && !unread.contains(file.name.as_str()) && are_lines_certain(&file.text);
        let Some(source) = input.files.get(*file).filter(is_fit) else { return Vec::new() };
        let text = Text { whole: &source.text, stretches: stretches(&source.text) };
        let fix = |(index, item): &(usize, &Item)| {
            let description = OwnText { text: item.help.lines().next().unwrap_or_default().trim_end_matches(':').to_owned() };
            let change = ArtifactChange { artifact_location: Artifact::new(&source.name, here), replacements: text.fix(item)? };
            Some((*index, Fix { description, artifact_changes: [change] }))
        };
        items.iter().filter_map(fix).collect()
    };
    each(&files, || (), of_file).into_iter().flatten().collect()
}

/// A carriage return alone ends a line for some readers only.
fn are_lines_certain(text: &str) -> bool {
    text.match_indices('\r').all(|(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")))
}

/// A file that is looked into again and again.
struct Text<'t> {
    whole: &'t str,
    stretches: Vec<Stretch>,
}

impl Text<'_> {
    /// What is to be written for a finding; nothing where the text is better left as it is.
    fn fix(&self, item: &Item) -> Option<Vec<Replacement>> {
        let document = item.origin.document;
        let stretch = self.stretches.iter().rev().find(|own| own.first <= document)?;
        let operations = item.fix.patch.as_array()?.iter();
        let change = |operation: &Value| {
            let path = operation.get("path")?.as_str()?;
            let value = operation.get("value")?.clone();
            Some(Change { document: document - stretch.first, pointer: format!("{}{path}", item.origin.prefix), value })
        };
        let changes: Vec<Change> = operations.filter_map(change).collect();
        // Only the stretch of the document is read, since a file may hold hundreds.
        let splices = splices(stretch.span.of(self.whole), &changes).ok()?;
        splices.into_iter().map(|splice| self.replacement(stretch.span.start, splice)).collect()
    }

    fn replacement(&self, before: usize, splice: Splice) -> Option<Replacement> {
        let (start_line, start_column) = self.place(before + splice.start)?;
        let (end_line, end_column) = self.place(before + splice.end)?;
        let deleted_region = Deleted { start_line, start_column, end_line, end_column };
        Some(Replacement { deleted_region, inserted_content: OwnText { text: splice.text } })
    }

    /// Line and column, from 1, of a byte.
    fn place(&self, at: usize) -> Option<(usize, usize)> {
        let before = self.whole.get(..at)?;
        let line = before.rsplit('\n').next()?;
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        Some((lines + 1, line.trim_start_matches('\u{feff}').chars().count() + 1))
    }
}
