//! `no502 check --fix` and `--diff`: what rules offer to write, written into the files of the input.

mod diff;
mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use json_patch::PatchOperation;
use serde_json::Value;

use super::changed::Changed;
use super::judge::{Judge, Judged};
use super::output::Standard;
use super::{CliError, print, print_bytes};
use crate::collect::files::{FileObject, Input};
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

    /// Where the report goes: standard output may be for the diff, or for the text of standard input.
    pub(super) fn standard(&self, input: &Input) -> Standard {
        let is_piped = || input.files.iter().any(|file| file.path.is_none());
        match (self.diff, self.fix && is_piped()) {
            (true, _) => Standard::Nowhere,
            (false, true) => Standard::Error,
            (false, false) => Standard::Output,
        }
    }
}

/// How objects are judged, and which fixes are written.
pub(super) struct Fixing<'f> {
    /// The report of an input.
    pub(super) report: &'f dyn Fn(&Input, &Judged) -> Report,
    /// What is found in an input, and which fixes may be written.
    pub(super) judge: &'f Judge<'f>,
    /// The files that may be written, where not all are.
    pub(super) changed: Option<&'f Changed>,
}

impl Fixing<'_> {
    fn may_write(&self, input: &Input, file: usize) -> bool {
        self.changed.is_none_or(|changed| input.files.get(file).is_some_and(|file| changed.holds(&file.name)))
    }
}

/// Files by their place in the input, with a text for each: what they were, or why they are left.
type Files = BTreeMap<usize, String>;

/// What was done so far.
#[derive(Default)]
struct Work {
    /// The texts of edited files, as they were.
    old: Files,
    /// The objects that were changed, as they were, by their place in the input.
    raw: BTreeMap<usize, Value>,
    /// The rules whose fixes were written into them.
    written: BTreeSet<RuleKey>,
    /// Files that are not edited.
    left: Files,
    /// The reports before each round.
    before: Vec<Report>,
}

/// What came of it.
pub(super) struct Fixed {
    /// What is left to do, and what was done.
    pub(super) report: Report,
    /// Whether all could be written that should be.
    pub(super) is_written: bool,
}

/// Applies fixes until there are no more, and writes the files or shows what would be written. The report says what is left to do.
pub(super) fn run(options: &Options, input: &mut Input, mut judged: Judged, how: &Fixing<'_>) -> Result<Fixed, CliError> {
    let mut work = Work { left: unreadable(input), ..Work::default() };
    let mut report = (how.report)(input, &judged);
    for _ in 0..ROUNDS {
        if !apply(input, &mut judged, &mut work, how) {
            break;
        }
        judged = how.judge.judge(input, &how.judge.folders(input))?;
        work.before.push(std::mem::replace(&mut report, (how.report)(input, &judged)));
    }
    if options.diff {
        say_what_is_left(input, &judged, &work);
        print(&diff::diff(input, &work.old))?;
        return Ok(Fixed { report: work.before.into_iter().next().unwrap_or(report), is_written: true });
    }
    let unwritten = write(input, &work.old);
    let is_written = unwritten.is_empty();
    if !is_written {
        give_back(input, &mut work, unwritten);
        judged = how.judge.judge(input, &how.judge.folders(input))?;
        report = (how.report)(input, &judged);
    }
    let held = say_what_is_left(input, &judged, &work);
    // A pipe wants its text, changed or not.
    for file in input.files.iter().filter(|file| file.path.is_none()) {
        print_bytes(&file.bytes())?;
    }
    say_why(input, &work, &held, &mut report, how);
    Ok(Fixed { report: with_fixed(report, work.before, &work.written), is_written })
}

/// Applies fixes to one file of an input until there are no more: its text becomes what `--fix` would write.
pub(super) fn run_in_file(file: usize, input: &mut Input, mut judged: Judged, judge: &Judge<'_>) -> Result<(), CliError> {
    let how = Fixing { report: &|input, judged| Report::of_files("", input, judged), judge, changed: None };
    let mut work = Work { left: unreadable(input), ..Work::default() };
    work.left.extend((0..input.files.len()).filter(|other| *other != file).map(|other| (other, String::new())));
    for _ in 0..ROUNDS {
        if !apply(input, &mut judged, &mut work, &how) {
            break;
        }
        judged = judge.judge(input, &judge.folders(input))?;
    }
    Ok(())
}

/// Writes the files that were edited, and says which cannot be written.
fn write(input: &Input, old: &Files) -> Files {
    let failed = old.iter().filter_map(|(file, old)| Some((*file, rewrite::rewrite(input.files.get(*file)?, old).err()?)));
    failed.map(|(file, error)| (file, format!("it cannot be written: {error}"))).collect()
}

/// Makes what cannot be written as it was.
fn give_back(input: &mut Input, work: &mut Work, unwritten: Files) {
    for (index, entry) in input.objects.iter_mut().enumerate().filter(|(_, entry)| unwritten.contains_key(&entry.file)) {
        entry.object.raw = work.raw.remove(&index).unwrap_or_else(|| entry.object.raw.take());
    }
    for file in unwritten.keys() {
        if let Some((own, old)) = input.files.get_mut(*file).zip(work.old.remove(file)) {
            own.text = old;
        }
    }
    work.written.retain(|(file, ..)| !unwritten.contains_key(file));
    work.left.extend(unwritten);
}

/// A rule, and the object of a file that it speaks of.
type RuleKey = (usize, String, String, String, String);

/// And the field that it points at.
type FindingKey = (RuleKey, String);

fn key_of(item: &Item) -> FindingKey {
    let (kind, name) = (item.object.kind.to_owned(), item.object.name.clone());
    ((item.source, kind, item.object.namespace.clone(), name, item.rule.to_owned()), item.field.clone())
}

fn rule_of(entry: &FileObject, rule: &str) -> RuleKey {
    let id = &entry.object.id;
    (entry.file, id.kind.name().to_owned(), id.namespace.to_string(), id.name.to_string(), rule.to_owned())
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
            reasons.insert((rule_of(entry, held.rule), held.field.clone()), reason);
        }
    }
    reasons
}

/// Says of each fix that was not written why; fixes that nobody asked for are counted.
fn say_why(input: &Input, work: &Work, held: &BTreeMap<FindingKey, String>, report: &mut Report, how: &Fixing<'_>) {
    let mut open = 0;
    let is_meant = |item: &&mut Item| item.fix.available && !item.is_excepted() && how.may_write(input, item.source);
    for item in report.findings.iter_mut().filter(is_meant) {
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
fn apply(input: &mut Input, judged: &mut Judged, work: &mut Work, how: &Fixing<'_>) -> bool {
    let is_meant = |left: &Files, file: usize| !left.contains_key(&file) && how.may_write(input, file);
    let mut patches: BTreeMap<usize, Vec<(usize, Patch)>> = BTreeMap::new();
    for (index, outcome) in judged {
        let entry = input.objects.get(*index).filter(|entry| is_meant(&work.left, entry.file));
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
                        work.written.extend(patch.rules.iter().map(|rule| rule_of(entry, rule)));
                        let before = std::mem::replace(&mut entry.object.raw, patch.patched);
                        work.raw.entry(index).or_insert(before);
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
fn with_fixed(mut after: Report, before: Vec<Report>, written: &BTreeSet<RuleKey>) -> Report {
    let mut fixed = Vec::new();
    // What is there still is not fixed, and what was fixed already is not fixed again.
    let mut told: BTreeSet<_> = after.findings.iter().map(key_of).collect();
    for report in before {
        let mut gone = report.findings;
        gone.retain(|item| {
            let key = key_of(item);
            item.fix.available && !item.is_excepted() && written.contains(&key.0) && !told.contains(&key)
        });
        told.extend(gone.iter().map(key_of));
        fixed.append(&mut gone);
    }
    after.add_fixed(fixed);
    after
}
