//! `no502 check --fix` and `--diff`: what rules offer to write, written into the files of the input.

mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use json_patch::PatchOperation;
use serde_json::Value;

use super::folders::Folders;
use super::judge::{Judge, Judged};
use super::{CliError, print};
use crate::collect::files::{FileObject, Input, STDIN};
use crate::engine::patch::Patch;
use crate::object::edit::{Change, edit};
use crate::report::{Item, Report};

/// A fix may make room for another one, but never for many.
const ROUNDS: usize = 4;
/// How often objects may be left out because more would be wrong with them than before.
const TRIES: usize = 4;

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
#[derive(Default)]
struct Work {
    /// The texts of edited files, as they were.
    old: Files,
    /// The objects that were changed, as they were, by their place in the input.
    raw: BTreeMap<usize, Value>,
    /// Files that are not edited.
    left: Files,
    /// Objects whose fixes would bring something else that is wrong.
    refused: BTreeMap<usize, String>,
    /// The reports before each round.
    before: Vec<Report>,
}

impl Work {
    fn new(left: Files) -> Self {
        Self { left, ..Self::default() }
    }
}

/// Applies fixes until there are no more, and writes the files or shows what would be written. The report says what is left to do.
pub(super) fn run(options: &Options, input: &mut Input, judged: Judged, how: &Fixing<'_>) -> Result<Report, CliError> {
    let mut work = Work::new(unreadable(input));
    let mut report = settle(input, judged, &mut work, how)?;
    say_what_is_left(input, &work);
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
    say_why(input, &work, &mut report);
    Ok(with_fixed(report, work.before, &work.old))
}

/// Applies fixes to one file of an input until there are no more: its text becomes what `--fix` would write.
pub(super) fn run_in_file(file: usize, input: &mut Input, judged: Judged, how: &Fixing<'_>) -> Result<(), CliError> {
    let mut left = unreadable(input);
    left.extend((0..input.files.len()).filter(|other| *other != file).map(|other| (other, String::new())));
    settle(input, judged, &mut Work::new(left), how).map(drop)
}

/// Applies fixes until there are no more, but for those with which more would be wrong than before.
fn settle(input: &mut Input, judged: Judged, work: &mut Work, how: &Fixing<'_>) -> Result<Report, CliError> {
    let mut report = (how.report)(input, &judged);
    let mut judged = Some(judged);
    for _ in 0..TRIES {
        let own = judged.take().map_or_else(|| how.judge.judge(input, &Folders::new(input)), Ok)?;
        report = rounds(input, own, report, work, how)?;
        let worse = worse(input, work, &report);
        if worse.is_empty() {
            break;
        }
        work.refused.extend(worse);
        restore(input, work);
        report = work.before.drain(..).next().unwrap_or(report);
    }
    Ok(report)
}

/// Applies fixes, and those of what they bring, until there are none.
fn rounds(
    input: &mut Input,
    mut judged: Judged,
    mut report: Report,
    work: &mut Work,
    how: &Fixing<'_>,
) -> Result<Report, CliError> {
    for _ in 0..ROUNDS {
        let wanted = wanted(input, &judged, work, how);
        if wanted.is_empty() {
            break;
        }
        apply(input, wanted, work);
        judged = how.judge.judge(input, &Folders::new(input))?;
        work.before.push(std::mem::replace(&mut report, (how.report)(input, &judged)));
    }
    Ok(report)
}

/// The changed objects of which more is wrong than before, with what it is.
fn worse(input: &Input, work: &Work, after: &Report) -> BTreeMap<usize, String> {
    let count = |report: &Report| {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for item in report.findings.iter().filter(|item| !item.is_excepted()) {
            *counts.entry((item.rule, object_of(item))).or_default() += 1;
        }
        counts
    };
    let Some(before) = work.before.first().map(count) else { return BTreeMap::new() };
    let after = count(after);
    let grown = after.into_iter().filter(|(key, number)| before.get(key).is_none_or(|before| before < number));
    let rules: BTreeMap<ObjectKey, &str> = grown.map(|((rule, object), _)| (object, rule)).collect();
    let changed = work.raw.keys().filter_map(|index| {
        let rule = rules.get(&key_of(input.objects.get(*index)?))?;
        Some((*index, format!("its fix would bring {rule}")))
    });
    changed.collect()
}

/// An object of a file.
type ObjectKey = (usize, String, String, String);

fn object_of(item: &Item) -> ObjectKey {
    (item.source, item.object.kind.to_owned(), item.object.namespace.clone(), item.object.name.clone())
}

fn key_of(entry: &FileObject) -> ObjectKey {
    let id = &entry.object.id;
    (entry.file, id.kind.name().to_owned(), id.namespace.to_string(), id.name.to_string())
}

/// Makes everything as it was.
fn restore(input: &mut Input, work: &mut Work) {
    for (index, raw) in std::mem::take(&mut work.raw) {
        if let Some(entry) = input.objects.get_mut(index) {
            entry.object.raw = raw;
        }
    }
    for (index, text) in std::mem::take(&mut work.old) {
        if let Some(file) = input.files.get_mut(index) {
            file.text = text;
        }
    }
}

fn say_what_is_left(input: &Input, work: &Work) {
    let name = |file: usize| input.files.get(file).map(|file| file.name.as_str()).unwrap_or_default();
    for (file, reason) in &work.left {
        let _ = writeln!(io::stderr(), "no502: {} is left as it is: {reason}", name(*file));
    }
    for (index, reason) in &work.refused {
        if let Some(entry) = input.objects.get(*index) {
            let _ = writeln!(io::stderr(), "no502: {}: {} is left as it is: {reason}", name(entry.file), entry.object.id);
        }
    }
}

/// Says of each fix that was not written why; fixes that nobody asked for are counted.
fn say_why(input: &Input, work: &Work, report: &mut Report) {
    let refused: BTreeMap<ObjectKey, &String> =
        work.refused.iter().filter_map(|(index, reason)| Some((key_of(input.objects.get(*index)?), reason))).collect();
    let mut open = 0;
    for item in report.findings.iter_mut().filter(|item| item.fix.available && !item.is_excepted()) {
        item.fix.left = work.left.get(&item.source).or_else(|| refused.get(&object_of(item)).copied()).cloned();
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

/// The patches of each file, with the place of their object in the input.
type Patches = BTreeMap<usize, Vec<(usize, Patch)>>;

/// The fixes that are offered and wanted.
fn wanted(input: &Input, judged: &Judged, work: &Work, how: &Fixing<'_>) -> Patches {
    let mut wanted = Patches::new();
    for (index, outcome) in judged.iter().filter(|(index, _)| !work.refused.contains_key(index)) {
        let Some(entry) = input.objects.get(*index).filter(|entry| !work.left.contains_key(&entry.file)) else { continue };
        let spoken = outcome.spoken.iter().filter(|spoken| !spoken.is_excepted() && how.judge.writes_fix(input, entry, spoken));
        let fixes = spoken.filter_map(|spoken| Some((spoken.finding.rule, spoken.finding.fix.as_ref()?)));
        if let Some(patch) = Patch::build(&entry.object.raw, fixes) {
            wanted.entry(entry.file).or_default().push((*index, patch));
        }
    }
    wanted
}

/// Changes texts and objects. A text that cannot be edited stays, with all its objects.
fn apply(input: &mut Input, wanted: Patches, work: &mut Work) {
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
                work.old.entry(file).or_insert(before);
                for (index, patch) in patches {
                    if let Some(entry) = input.objects.get_mut(index) {
                        let before = std::mem::replace(&mut entry.object.raw, patch.patched);
                        work.raw.entry(index).or_insert(before);
                    }
                }
            }
            Err(reason) => drop(work.left.insert(file, reason.to_string())),
        }
    }
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
    let key = |item: &Item| (item.rule, object_of(item), item.field.clone());
    let mut fixed = Vec::new();
    // What is there still is not fixed, and what was fixed already is not fixed again.
    let mut told: BTreeSet<_> = after.findings.iter().map(key).collect();
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
