//! `no502 check --fix` and `--diff`: what rules offer to write, written into the files of the input.

mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use json_patch::PatchOperation;

use super::folders::Folders;
use super::judge::{Judge, Judged};
use super::{CliError, print};
use crate::collect::files::{FileObject, Input, STDIN};
use crate::engine::patch::Patch;
use crate::object::edit::{Change, edit};
use crate::report::{Item, Report};

/// The fix of one object may make room for that of another one, but never for many.
const ROUNDS: usize = 4;

/// Arguments of `no502 check` about fixes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Write fixes into the files: those that the profile applies, those that only write better what is ignored, and all of rules
    /// that --rule names. Of standard input the fixed text is printed, and the report goes to standard error
    #[arg(long)]
    fix: bool,
    /// Print what --fix would change as a unified diff, instead of the report, and write nothing
    #[arg(long, conflicts_with = "outputs")]
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
    /// What is found in an input, and which fixes may be written.
    pub(super) judge: &'f Judge<'f>,
}

/// Files by their place in the input, with a text for each: what they were, or why they are left.
type Files = BTreeMap<usize, String>;

/// What was done so far.
struct Work {
    /// The texts of edited files, as they were.
    old: Files,
    /// Files that are not edited.
    left: Files,
    /// The reports before each round.
    before: Vec<Report>,
}

/// Applies fixes until there are no more, and writes the files or shows what would be written. The report says what is left to do.
pub(super) fn run(options: &Options, input: &mut Input, mut judged: Judged, how: &Fixing<'_>) -> Result<Report, CliError> {
    let mut work = Work { old: Files::new(), left: unreadable(input), before: Vec::new() };
    let mut report = (how.report)(input, &judged);
    for _ in 0..ROUNDS {
        if !apply(input, &mut judged, &mut work) {
            break;
        }
        judged = how.judge.judge(input, &Folders::new(input))?;
        work.before.push(std::mem::replace(&mut report, (how.report)(input, &judged)));
    }
    let held = say_what_is_left(input, &judged, &work);
    if options.diff {
        print(&diff(input, &work.old))?;
        return Ok(work.before.into_iter().next().unwrap_or(report));
    }
    for (file, old) in &work.old {
        if let Some(file) = input.files.get(*file) {
            rewrite::rewrite(&file.name, old, &file.text)?;
        }
    }
    // A pipe wants its text, changed or not.
    for file in input.files.iter().filter(|file| file.name == STDIN) {
        print(&file.text)?;
    }
    say_why(&work, &held, &mut report);
    Ok(with_fixed(report, work.before, &work.old))
}

/// Applies fixes to one file of an input until there are no more: its text becomes what `--fix` would write.
pub(super) fn run_in_file(file: usize, input: &mut Input, mut judged: Judged, judge: &Judge<'_>) -> Result<(), CliError> {
    let mut work = Work { old: Files::new(), left: unreadable(input), before: Vec::new() };
    work.left.extend((0..input.files.len()).filter(|other| *other != file).map(|other| (other, String::new())));
    for _ in 0..ROUNDS {
        if !apply(input, &mut judged, &mut work) {
            break;
        }
        judged = judge.judge(input, &Folders::new(input))?;
    }
    Ok(())
}

/// A finding of an object of a file: its rule, and the field that it points at.
type FindingKey = (usize, String, String, String, String, String);

fn key_of(item: &Item) -> FindingKey {
    let (kind, name) = (item.object.kind.to_owned(), item.object.name.clone());
    (item.source, kind, item.object.namespace.clone(), name, item.rule.to_owned(), item.field.clone())
}

/// Says what is not written, and gives the reason of each fix.
fn say_what_is_left(input: &Input, judged: &Judged, work: &Work) -> BTreeMap<FindingKey, String> {
    let name = |file: usize| input.files.get(file).map(|file| file.name.as_str()).unwrap_or_default();
    for (file, reason) in &work.left {
        let _ = writeln!(io::stderr(), "no502: {} is left as it is: {reason}", name(*file));
    }
    let mut reasons = BTreeMap::new();
    for (index, outcome) in judged {
        let Some(entry) = input.objects.get(*index).filter(|entry| !work.left.contains_key(&entry.file)) else { continue };
        let id = &entry.object.id;
        for held in &outcome.held {
            let reason = format!("its fix would bring {}", held.brings);
            let _ = writeln!(io::stderr(), "no502: {}: {id}: {} stays: {reason}", name(entry.file), held.rule);
            let (kind, rule) = (id.kind.name().to_owned(), held.rule.to_owned());
            let key = (entry.file, kind, id.namespace.to_string(), id.name.to_string(), rule, held.field.clone());
            reasons.insert(key, reason);
        }
    }
    reasons
}

/// Says of each fix that was not written why; fixes that nobody asked for are counted.
fn say_why(work: &Work, held: &BTreeMap<FindingKey, String>, report: &mut Report) {
    let mut open = 0;
    for item in report.findings.iter_mut().filter(|item| item.fix.available && !item.is_excepted()) {
        item.fix.left = work.left.get(&item.source).or_else(|| held.get(&key_of(item))).cloned();
        open += usize::from(item.fix.left.is_none());
    }
    if open > 0 {
        let hint = "name its rule with --rule, or say `fix: true` in the policy";
        let _ = writeln!(io::stderr(), "no502: fixes that are only written where that is asked for: {open} ({hint})");
    }
}

/// The files that hold what cannot be read, with a place.
fn unreadable(input: &Input) -> Files {
    let reason = |name: &str| {
        let note = input.notes.iter().find(|note| note.file == name)?;
        Some(format!("a part of it cannot be read (line {})", note.position.line))
    };
    input.files.iter().enumerate().filter_map(|(index, file)| Some((index, reason(&file.name)?))).collect()
}

/// Changes texts and objects; whether anything was changed. A text that cannot be edited stays, with all its objects.
fn apply(input: &mut Input, judged: &mut Judged, work: &mut Work) -> bool {
    let mut patches: BTreeMap<usize, Vec<(usize, Patch)>> = BTreeMap::new();
    for (index, outcome) in judged {
        let entry = input.objects.get(*index).filter(|entry| !work.left.contains_key(&entry.file));
        if let Some((entry, patch)) = entry.zip(outcome.patch.take()) {
            patches.entry(entry.file).or_default().push((*index, patch));
        }
    }
    let wanted = patches.len();
    for (file, patches) in patches {
        let changes: Vec<Change> = patches
            .iter()
            .filter_map(|(index, patch)| Some((input.objects.get(*index)?, patch)))
            .flat_map(|(entry, patch)| changes(entry, patch))
            .collect();
        let Some(source) = input.files.get_mut(file) else { continue };
        match edit(&source.text, &changes) {
            Ok(text) => {
                let before = std::mem::replace(&mut source.text, text);
                work.old.entry(file).or_insert(before);
                for (index, patch) in patches {
                    if let Some(entry) = input.objects.get_mut(index) {
                        entry.object.raw = patch.patched;
                    }
                }
            }
            Err(reason) => drop(work.left.insert(file, reason.to_string())),
        }
    }
    wanted > 0
}

/// What a patch changes in the document of its object.
pub(super) fn changes(entry: &FileObject, patch: &Patch) -> Vec<Change> {
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
    let mut fixed = Vec::new();
    // What is there still is not fixed, and what was fixed already is not fixed again.
    let mut told: BTreeSet<_> = after.findings.iter().map(key_of).collect();
    for report in before {
        let mut gone = report.findings;
        gone.retain(|item| {
            item.fix.available && !item.is_excepted() && edited.contains_key(&item.source) && !told.contains(&key_of(item))
        });
        told.extend(gone.iter().map(key_of));
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
