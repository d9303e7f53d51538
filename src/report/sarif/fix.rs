//! Fixes as SARIF has them: stretches of the text, so that an editor can write them. They are those that `--fix` would write.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Artifact, OwnText};
use crate::collect::files::{Input, STDIN, SourceFile};
use crate::collect::parallel::each;
use crate::object::edit::{Offer, Splice, offers};
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
        let source = input.files.get(*file).filter(is_fit);
        source.map(|source| of_file(source, items, here)).unwrap_or_default()
    };
    each(&files, || (), of_file).into_iter().flatten().collect()
}

/// The fixes of one file. Only the stretches are read that the objects stand in, since a file may hold hundreds.
fn of_file(source: &SourceFile, items: &[(usize, &Item)], here: &Path) -> Vec<(usize, Fix)> {
    let text = Text::new(&source.text);
    let stretches = stretches(&source.text);
    let mut groups: BTreeMap<usize, Vec<(usize, &Item)>> = BTreeMap::new();
    for (index, item) in items {
        let behind = stretches.partition_point(|own| own.first <= item.origin.document);
        groups.entry(behind).or_default().push((*index, item));
    }
    let mut made = Vec::new();
    for (behind, items) in groups {
        let Some(stretch) = behind.checked_sub(1).and_then(|index| stretches.get(index)) else { continue };
        let wanted: Vec<Offer> = items.iter().map(|(_, item)| offer(item, stretch)).collect();
        for ((index, item), splices) in items.into_iter().zip(offers(stretch.span.of(&source.text), &wanted)) {
            let Some(splices) = splices else { continue };
            let description = item.help.lines().next().unwrap_or_default().trim_end_matches(':').to_owned();
            let replacements = splices.into_iter().map(|own| text.replacement(stretch.span.start, own)).collect();
            let change = ArtifactChange { artifact_location: Artifact::new(&source.name, here), replacements };
            made.push((index, Fix { description: OwnText { text: description }, artifact_changes: [change] }));
        }
    }
    made
}

fn offer(item: &Item, stretch: &Stretch) -> Offer {
    let field = |operation: &Value| Some((operation.get("path")?.as_str()?.to_owned(), operation.get("value")?.clone()));
    let operations = item.fix.patch.as_array().into_iter().flatten();
    Offer {
        document: item.origin.document.saturating_sub(stretch.first),
        object: item.origin.prefix.clone(),
        fields: operations.filter_map(field).collect(),
    }
}

/// A carriage return alone ends a line for some readers only.
fn are_lines_certain(text: &str) -> bool {
    text.match_indices('\r').all(|(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")))
}

/// A text, and where its lines begin.
struct Text<'t> {
    whole: &'t str,
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    fn new(whole: &'t str) -> Self {
        // A mark at the beginning is no character of the first line.
        let first = if whole.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let lines = std::iter::once(first).chain(whole.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { whole, lines }
    }

    fn replacement(&self, before: usize, splice: Splice) -> Replacement {
        let (start_line, start_column) = self.place(before + splice.start);
        let (end_line, end_column) = self.place(before + splice.end);
        let deleted_region = Deleted { start_line, start_column, end_line, end_column };
        Replacement { deleted_region, inserted_content: OwnText { text: splice.text } }
    }

    /// Line and column, from 1, of a byte.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default();
        (line.max(1), self.whole.get(start..at).map_or(0, |before| before.chars().count()) + 1)
    }
}
