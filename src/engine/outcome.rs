//! Everything that one evaluation says.

use super::exception::Excepted;
use super::mend::Held;
use super::patch::Patch;
use crate::finding::Finding;
use crate::policy::Mode;
use crate::units::Level;

/// The short form of an outcome.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// Nothing to say.
    Allow,
    /// Something to say.
    Warn,
    /// Refused.
    Deny,
    /// It would be refused, were the document's mode `enforce`.
    WouldDeny,
}

impl Verdict {
    /// As it stands in audit annotations, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
            Self::WouldDeny => "would-deny",
        }
    }
}

/// How a finding stands to the change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// The change brings it, or makes it worse.
    New,
    /// It was there before.
    Old,
    /// The change only leads to it.
    Reached,
}

/// A finding, weighed.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// What was found.
    pub finding: Finding,
    /// How heavy it is here.
    pub level: Level,
    /// The mode that speaks it.
    pub mode: Mode,
    /// How it stands to the change.
    pub standing: Standing,
    /// Whether it is a reason to refuse (or would be, were the document's mode `enforce`).
    pub denies: bool,
    /// The exception that it falls under.
    pub exception: Option<Excepted>,
}

impl Spoken {
    /// Whether an exception that holds takes the finding out.
    #[must_use]
    pub fn is_excepted(&self) -> bool {
        self.exception.as_ref().is_some_and(|exception| exception.holds)
    }
}

/// Everything that one evaluation says.
#[derive(Debug)]
pub struct Outcome {
    /// In short.
    pub verdict: Verdict,
    /// What was found, the heaviest first.
    pub spoken: Vec<Spoken>,
    /// What else the user should know, one line each.
    pub notes: Vec<String>,
    /// Which profile was used for which mode.
    pub profiles: Vec<(Mode, Box<str>)>,
    /// New values.
    pub patch: Option<Patch>,
    /// Fixes that are not among them, because something else would be wrong then.
    pub held: Vec<Held>,
    /// Rules that panicked: faults of no502 itself.
    pub panics: Vec<&'static str>,
    /// Whether there were more neighbours than are judged for one change.
    pub was_cut: bool,
}

impl Outcome {
    /// Nothing to say.
    #[must_use]
    pub fn untouched() -> Self {
        Self {
            verdict: Verdict::Allow,
            spoken: Vec::new(),
            notes: Vec::new(),
            profiles: Vec::new(),
            patch: None,
            held: Vec::new(),
            panics: Vec::new(),
            was_cut: false,
        }
    }

    /// Puts the heaviest findings first, and in an order that is the same in every run.
    pub(super) fn sort(&mut self) {
        self.spoken.sort_by(|a, b| {
            let key = |spoken: &Spoken| (!spoken.denies, spoken.standing == Standing::Old);
            key(a).cmp(&key(b)).then_with(|| a.finding.importance(a.level).cmp(&b.finding.importance(b.level)))
        });
    }
}
