//! The baseline: what was found on the day a gate was put up, so that only what comes after counts.
//!
//! A finding is known by its fingerprint and its file, so that the same object in two files is held twice. Of a file that was
//! moved the fingerprint alone is enough. What got heavier since counts as new. The place of a finding is no part of it: where
//! lines move, the document stays the same to the byte.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::{Item, Report, State};
use crate::units::Level;

/// What the document says that it is.
const SCHEMA: &str = "no502.dev/baseline/v1";
/// How a finding is marked that the baseline holds.
pub(super) const KNOWN: &str = "known";
/// How another one is marked.
const NEW: &str = "new";

/// A baseline, as it is written to a file.
#[derive(Debug, Deserialize, Serialize)]
pub struct Baseline {
    schema: String,
    findings: Vec<Entry>,
}

/// A finding of a baseline. It is found by file, rule and fingerprint; object and message are for who reads it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Entry {
    /// The file, from the folder of the baseline.
    pub file: String,
    /// The object at fault.
    pub object: String,
    /// The rule that says so.
    pub rule: String,
    /// How heavy it was.
    pub level: Level,
    /// What was wrong.
    pub message: String,
    /// By what it is known.
    pub fingerprint: String,
}

/// What a run says about a baseline: only what it looked at.
pub struct Scope<'s> {
    /// The path of a file from the folder of the baseline, by its name in the report.
    pub path: &'s dyn Fn(&str) -> String,
    /// Whether the run would have found it, were it still there.
    pub is_covered: &'s dyn Fn(&Entry) -> bool,
    /// Whether there is a file of that path.
    pub is_there: &'s dyn Fn(&str) -> bool,
}

/// What came of a baseline.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// The document.
    pub file: String,
    /// What it holds that is not found any more.
    pub gone: Vec<Entry>,
}

impl Baseline {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// In words, where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| format!("it is no baseline: {error}"))?;
        match baseline.schema.as_str() {
            SCHEMA => Ok(baseline),
            other => Err(format!("it is no baseline of this version: its schema is {other}, not {SCHEMA}")),
        }
    }

    /// What stands in a report now, and of an older baseline what the report cannot say anything about.
    #[must_use]
    pub fn of(report: &Report, older: Option<Self>, scope: &Scope<'_>) -> Self {
        let stands = |item: &&Item| matches!(item.state(), State::Open | State::Known);
        let now = report.findings.iter().filter(stands).map(|item| Entry::of(item, scope));
        let kept = older.into_iter().flat_map(|older| older.findings).filter(|entry| !(scope.is_covered)(entry));
        let mut findings: Vec<Entry> = now.chain(kept).collect();
        findings.sort();
        Self { schema: SCHEMA.to_owned(), findings }
    }

    /// The same without these.
    #[must_use]
    pub fn without(mut self, gone: &[Entry]) -> Self {
        // Of two equal ones, one may be gone.
        let mut left = gone.to_vec();
        self.findings.retain(|entry| match left.iter().position(|own| own == entry) {
            Some(index) => {
                left.swap_remove(index);
                false
            }
            None => true,
        });
        self
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The text of the document.
    ///
    /// # Errors
    ///
    /// Never, for there is no map in it with keys other than texts.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl Entry {
    fn of(item: &Item, scope: &Scope<'_>) -> Self {
        Self {
            file: (scope.path)(&item.file),
            object: super::plain::named(&item.object),
            rule: item.rule.to_owned(),
            level: level(item),
            message: item.message.clone(),
            fingerprint: item.identity.clone(),
        }
    }
}

fn level(item: &Item) -> Level {
    if item.level == Level::Error.to_string() { Level::Error } else { Level::Warning }
}

impl Report {
    /// Tells what a baseline holds from what is new, and what of it is gone.
    pub fn compare(&mut self, baseline: &Baseline, file: &str, scope: &Scope<'_>) {
        let mut open: Vec<&mut Item> = self.findings.iter_mut().filter(|item| item.is_open()).collect();
        let mut left: Vec<&Entry> = baseline.findings.iter().collect();
        let place = |item: &Item| (Some((scope.path)(&item.file)), item.identity.clone());
        take(&mut open, &mut left, place, |entry| (Some(entry.file.clone()), entry.fingerprint.clone()));
        // Of a file that was moved, the entries that are left.
        let is_moved = |entry: &Entry| (scope.is_covered)(entry) && !(scope.is_there)(&entry.file);
        let own_file = |entry: &Entry| (!is_moved(entry)).then(|| entry.file.clone());
        take(&mut open, &mut left, |item| (None, item.identity.clone()), |entry| (own_file(entry), entry.fingerprint.clone()));
        for item in open {
            item.baseline = Some(NEW);
        }
        let gone = left.into_iter().filter(|entry| (scope.is_covered)(entry)).cloned().collect();
        self.baseline = Some(Compared { file: file.to_owned(), gone });
        self.count();
    }
}

/// Marks findings that have an entry under the same key, each entry for one of them, and takes both out.
fn take<K: Hash + Eq>(
    open: &mut Vec<&mut Item>,
    left: &mut Vec<&Entry>,
    key_of: impl Fn(&Item) -> K,
    key_of_entry: impl Fn(&Entry) -> K,
) {
    // Of equal ones the lightest comes first.
    left.sort();
    let mut held: HashMap<K, Vec<&Entry>> = HashMap::new();
    for entry in left.drain(..) {
        held.entry(key_of_entry(entry)).or_default().push(entry);
    }
    open.retain_mut(|item| {
        let found = held.get_mut(&key_of(item));
        let fitting = found.and_then(|entries| Some((entries.iter().position(|entry| entry.level >= level(item))?, entries)));
        let Some((index, entries)) = fitting else { return true };
        entries.remove(index);
        item.baseline = Some(KNOWN);
        false
    });
    left.extend(held.into_values().flatten());
    left.sort();
}
