//! `no502 check --fix` and `--diff`: what rules offer to write, written into the files of the input.

mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use json_patch::PatchOperation;

use super::check::Judged;
use super::{CliError, print};
use crate::collect::files::{FileObject, Input, STDIN};
use crate::engine::Spoken;
use crate::engine::patch::Patch;
use crate::object::edit::{Change, edit};
use crate::report::{Item, Report};

/// A fix may make room for another one, but never for many.
const ROUNDS: usize = 4;

/// Arguments of `no502 check` about fixes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Write fixes into the files: those that the profile applies, those that only write better what is ignored, and all of rules
    /// that --rule names. Of standard input the fixed text is printed, and the report goes to standard error
    #[arg(long)]
    fix: bool,
    /// Print what --fix would change as a unified diff, instead of the report, and write nothing
    #[arg(long, conflicts_with = "format")]
    diff: bool,
}

impl Options {
    /// Whether fixes are asked for at all.
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether only what would change is shown.
    pub(super) fn is_diff(&self) -> bool {
        self.diff
    }

    /// Whether standard output is for the text of standard input.
    pub(super) fn prints_text(&self, input: &Input) -> bool {
        self.fix && !self.diff && input.files.iter().any(|file| file.name == STDIN)
    }
}

/// How objects are judged, and which fixes are written.
pub(super) struct Fixing<'f> {
    /// The report of an input.
    pub(super) report: &'f dyn Fn(&Input, &Judged) -> Report,
    /// What is found in an input.
    pub(super) judge: &'f dyn Fn(&Input) -> Result<Judged, CliError>,
    /// Whether the fix of a finding may be written into the file of its object.
    pub(super) is_wanted: &'f dyn Fn(&Input, &FileObject, &Spoken) -> bool,
}

/// Files by their place in the input, with a text for each: what they were, or why they are left.
type Files = BTreeMap<usize, String>;

/// Applies fixes until there are no more, and writes the files or shows what would be written. The report says what is left to do.
pub(super) fn run(options: &Options, input: &mut Input, mut judged: Judged, how: &Fixing<'_>) -> Result<Report, CliError> {
    let mut report = (how.report)(input, &judged);
    let mut before = Vec::new();
    let mut left = unreadable(input);
    let mut old = Files::new();
    for _ in 0..ROUNDS {
        let wanted = wanted(input, &judged, &left, how);
        if wanted.is_empty() {
            break;
        }
        apply(input, wanted, &mut old, &mut left);
        judged = (how.judge)(input)?;
        before.push(std::mem::replace(&mut report, (how.report)(input, &judged)));
    }
    for (file, reason) in &left {
        if let Some(file) = input.files.get(*file) {
            let _ = writeln!(io::stderr(), "no502: {} is left as it is: {reason}", file.name);
        }
    }
    if options.diff {
        print(&diff(input, &old))?;
        return Ok(before.into_iter().next().unwrap_or(report));
    }
    for (file, old) in &old {
        if let Some(file) = input.files.get(*file) {
            rewrite::rewrite(&file.name, old, &file.text)?;
        }
    }
    // A pipe wants its text, changed or not.
    for file in input.files.iter().filter(|file| file.name == STDIN) {
        print(&file.text)?;
    }
    let mut open = 0;
    for item in report.findings.iter_mut().filter(|item| item.fix.available && !item.is_excepted()) {
        item.fix.left = left.get(&item.source).cloned();
        open += usize::from(item.fix.left.is_none());
    }
    if open > 0 {
        let hint = "name its rule with --rule, or say `fix: true` in the policy";
        let _ = writeln!(io::stderr(), "no502: fixes that are only written where that is asked for: {open} ({hint})");
    }
    Ok(with_fixed(report, before, &old))
}

/// The files that hold what cannot be read, with a place.
fn unreadable(input: &Input) -> Files {
    let reason = |name: &str| {
        let note = input.notes.iter().find(|note| note.file == name)?;
        Some(format!("a part of it cannot be read (line {})", note.position.line))
    };
    input.files.iter().enumerate().filter_map(|(index, file)| Some((index, reason(&file.name)?))).collect()
}

/// The patches of each file, by the place of their object in the input.
fn wanted(input: &Input, judged: &Judged, left: &Files, how: &Fixing<'_>) -> BTreeMap<usize, Vec<(usize, Patch)>> {
    let mut wanted: BTreeMap<usize, Vec<(usize, Patch)>> = BTreeMap::new();
    for (index, outcome) in judged {
        let Some(entry) = input.objects.get(*index).filter(|entry| !left.contains_key(&entry.file)) else { continue };
        let spoken = outcome.spoken.iter().filter(|spoken| !spoken.is_excepted() && (how.is_wanted)(input, entry, spoken));
        let fixes = spoken.filter_map(|spoken| Some((spoken.finding.rule, spoken.finding.fix.as_ref()?)));
        if let Some(patch) = Patch::build(&entry.object.raw, fixes) {
            wanted.entry(entry.file).or_default().push((*index, patch));
        }
    }
    wanted
}

/// Changes texts and objects. A text that cannot be edited stays, with all its objects.
fn apply(input: &mut Input, wanted: BTreeMap<usize, Vec<(usize, Patch)>>, old: &mut Files, left: &mut Files) {
    for (file, patches) in wanted {
        let changes: Vec<Change> = patches
            .iter()
            .filter_map(|(index, patch)| Some((input.objects.get(*index)?, patch)))
            .flat_map(|(entry, patch)| changes(entry, patch))
            .collect();
        let Some(source) = input.files.get_mut(file) else { continue };
        match edit(&source.text, &changes) {
            Ok(text) => {
                let before = std::mem::replace(&mut source.text, text);
                old.entry(file).or_insert(before);
                for (index, patch) in patches {
                    if let Some(entry) = input.objects.get_mut(index) {
                        entry.object.raw = patch.patched;
                    }
                }
            }
            Err(reason) => drop(left.insert(file, reason.to_string())),
        }
    }
}

/// What a patch changes in the document of its object.
fn changes(entry: &FileObject, patch: &Patch) -> Vec<Change> {
    let change = |operation: &PatchOperation| {
        let (path, value) = match operation {
            PatchOperation::Add(add) => (&add.path, &add.value),
            PatchOperation::Replace(replace) => (&replace.path, &replace.value),
            _ => return None,
        };
        Some(Change { document: entry.document, pointer: format!("{}{path}", entry.prefix), value: value.clone() })
    };
    patch.operations.0.iter().filter_map(change).collect()
}

/// The report after fixes, with the findings of those before that are gone for them.
fn with_fixed(mut after: Report, before: Vec<Report>, edited: &Files) -> Report {
    type Key = (usize, &'static str, String, String, String, String);
    let key = |item: &Item| -> Key {
        let object = &item.object;
        let (namespace, name) = (object.namespace.clone(), object.name.clone());
        (item.source, item.rule, object.kind.to_owned(), namespace, name, item.field.clone())
    };
    let mut fixed = Vec::new();
    // What is there still is not fixed, and what was fixed already is not fixed again.
    let mut told: BTreeSet<Key> = after.findings.iter().map(key).collect();
    for report in before {
        let mut gone = report.findings;
        gone.retain(|item| {
            item.fix.available && !item.is_excepted() && edited.contains_key(&item.source) && !told.contains(&key(item))
        });
        told.extend(gone.iter().map(key));
        fixed.append(&mut gone);
    }
    after.add_fixed(fixed);
    after
}

/// What changed in each text.
fn diff(input: &Input, old: &Files) -> String {
    let mut out = String::new();
    for (file, old) in old {
        let Some(file) = input.files.get(*file) else { continue };
        let name = file.name.trim_start_matches("./").trim_start_matches('/');
        let diff = similar::TextDiff::from_lines(old.as_str(), file.text.as_str());
        let _ = write!(out, "{}", diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")));
    }
    out
}
