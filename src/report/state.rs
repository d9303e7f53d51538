//! What is left to do about findings, and what they come to.

use serde::Serialize;

use super::{Item, Report, ReportNote};
use crate::units::Level;

/// What is left to do about a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It stands, and counts.
    Open,
    /// An exception that holds takes it out.
    Excepted,
    /// It was there when the baseline was written.
    Known,
    /// Its fix was written in this run.
    Fixed,
}

/// Counts.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Objects that were judged.
    pub objects: usize,
    /// Errors that count.
    pub errors: usize,
    /// Warnings that count.
    pub warnings: usize,
    /// Findings that an exception takes out.
    pub excepted: usize,
    /// Findings that the baseline holds.
    pub known: usize,
    /// Findings that were fixed.
    pub fixed: usize,
    /// Places that could not be read.
    pub unreadable: usize,
}

impl Item {
    /// What is left to do.
    #[must_use]
    pub fn state(&self) -> State {
        if self.fix.applied {
            State::Fixed
        } else if self.exception.as_ref().is_some_and(|exception| exception.holds) {
            State::Excepted
        } else if self.baseline == Some(super::baseline::KNOWN) {
            State::Known
        } else {
            State::Open
        }
    }

    /// Whether it stands, and counts.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state() == State::Open
    }

    /// Whether an exception that holds takes the finding out.
    #[must_use]
    pub fn is_excepted(&self) -> bool {
        self.state() == State::Excepted
    }
}

impl Report {
    /// Leaves only what is about these files, by their names: findings that stand there or relate to them, and what of them
    /// could not be read. How many findings are left out.
    pub fn keep(&mut self, is_meant: impl Fn(&str) -> bool) -> usize {
        let before = self.findings.len();
        self.findings.retain(|item| is_meant(&item.file) || item.related.iter().any(|own| own.line > 0 && is_meant(&own.file)));
        self.notes.retain(|note| is_meant(&note.file));
        self.count();
        before - self.findings.len()
    }

    /// Everything that stands in the files, counted or not. What was just fixed is not there any more, and its lines are others.
    pub(super) fn remaining(&self) -> impl Iterator<Item = &Item> {
        self.findings.iter().filter(|item| item.state() != State::Fixed)
    }

    /// Whether there is nothing to say: what is known needs no word as long as it is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let has_gone = self.baseline.as_ref().is_some_and(|baseline| !baseline.gone.is_empty());
        self.findings.iter().all(|item| item.state() == State::Known) && self.notes.is_empty() && !has_gone
    }
}

impl Summary {
    /// Counts again what findings and notes come to.
    pub(super) fn count(&mut self, findings: &[Item], notes: &[ReportNote]) {
        let of = |state: State| findings.iter().filter(move |item| item.state() == state);
        let open = |level: Level| of(State::Open).filter(|item| item.level == level.to_string()).count();
        self.errors = open(Level::Error);
        self.warnings = open(Level::Warning);
        self.excepted = of(State::Excepted).count();
        self.known = of(State::Known).count();
        self.fixed = of(State::Fixed).count();
        self.unreadable = notes.len();
    }
}
