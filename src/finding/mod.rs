//! Floor 3: what we say: findings, the places they point at, and the fixes they offer.

use std::cmp::Reverse;

use crate::model::Write;
use crate::object::yaml::Part;
use crate::object::{Address, Kind, ObjectId};
use crate::units::Level;

/// What answers when the invariant does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// An HTTP status.
    Http(u16),
    /// None by itself.
    None,
}

impl Status {
    /// The status as it is reported: `502`, or `none`.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Http(code) => code.to_string(),
            Self::None => "none".to_owned(),
        }
    }
}

/// Whether what is said holds for certain.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// An object that was never seen may still come.
    Pending,
    /// All that it depends on was seen.
    Certain,
}

impl Certainty {
    /// As it is reported.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Certain => "certain",
        }
    }
}

/// A place in an object.
#[derive(Clone, Debug)]
pub struct Label {
    /// Which object.
    pub object: ObjectId,
    /// Where in it.
    pub address: Address,
    /// Whether the key or the value is meant.
    pub part: Part,
    /// The list elements on the way, by their own names, so that a finding stays the same when they move.
    pub element: String,
}

impl Label {
    /// The value at an address.
    #[must_use]
    pub fn new(object: &ObjectId, address: Address) -> Self {
        Self { object: object.clone(), address, part: Part::Value, element: String::new() }
    }

    /// The same place, below an element of that name.
    #[must_use]
    pub fn of(mut self, element: impl Into<String>) -> Self {
        self.element = element.into();
        self
    }

    /// The key instead of the value.
    #[must_use]
    pub fn key(mut self) -> Self {
        self.part = Part::Key;
        self
    }
}

/// How a fix may be applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FixKind {
    /// It only adds what is absent, or raises what nobody wrote: the admission webhook may do it.
    Add,
    /// It rewrites what the author wrote: it is shown to the author, and never applied at admission.
    Rewrite,
}

/// New values that make a finding go away.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// How it may be applied.
    pub kind: FixKind,
    /// The values.
    pub writes: Vec<Write>,
}

/// One place where an invariant does not hold.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that says so.
    pub rule: &'static str,
    /// Whose invariant it is.
    pub subject: ObjectId,
    /// The field at fault.
    pub primary: Label,
    /// What it clashes with, each with a word why.
    pub related: Vec<(Label, String)>,
    /// What answers.
    pub status: Status,
    /// Whether it holds for certain.
    pub certainty: Certainty,
    /// The object that is missed: it would not be found if that stood there.
    pub missed: Option<ObjectId>,
    /// The heaviest level that this finding can have, whatever the profile says.
    pub cap: Level,
    /// By how much the invariant is missed, so that worse can be told from equal. Zero where it cannot be measured.
    pub excess: u64,
    /// One line: what is wrong.
    pub message: String,
    /// What fails, and when.
    pub why: String,
    /// What to write instead.
    pub help: String,
    /// New values that make it go away.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding at a place. The rule and the subject are filled in by who runs the rule.
    #[must_use]
    pub fn at(primary: Label, message: impl Into<String>) -> Self {
        Self {
            rule: "",
            subject: primary.object.clone(),
            primary,
            related: Vec::new(),
            status: Status::None,
            certainty: Certainty::Certain,
            missed: None,
            cap: Level::Error,
            excess: 0,
            message: message.into(),
            why: String::new(),
            help: String::new(),
            fix: None,
        }
    }

    /// What answers.
    #[must_use]
    pub fn status(mut self, code: u16) -> Self {
        self.status = Status::Http(code);
        self
    }

    /// What fails, and when.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// What it clashes with.
    #[must_use]
    pub fn related(mut self, label: Label, note: impl Into<String>) -> Self {
        self.related.push((label, note.into()));
        self
    }

    /// Holds this level at most.
    #[must_use]
    pub fn at_most(mut self, level: Level) -> Self {
        self.cap = self.cap.min(level);
        self
    }

    /// May be cured by an object that was not seen yet.
    #[must_use]
    pub fn pending(mut self) -> Self {
        self.certainty = Certainty::Pending;
        self
    }

    /// May be cured by this object, which was not seen yet.
    #[must_use]
    pub fn misses(self, kind: Kind, namespace: &str, name: &str) -> Self {
        Self { missed: Some(ObjectId::new(kind, namespace, name)), ..self.pending() }
    }

    /// By how much the invariant is missed.
    #[must_use]
    pub fn excess(mut self, excess: u64) -> Self {
        self.excess = excess;
        self
    }

    /// New values that make it go away.
    #[must_use]
    pub fn fix(mut self, kind: FixKind, writes: Vec<Write>) -> Self {
        self.fix = (!writes.is_empty()).then_some(Fix { kind, writes });
        self
    }

    /// What makes two findings the same one, before and after a change: never an index.
    #[must_use]
    pub fn identity(&self) -> (&str, &ObjectId, &ObjectId, &str, &str) {
        (self.rule, &self.subject, &self.primary.object, &self.primary.element, self.primary.address.stable())
    }

    /// The order in which findings are spoken: the heaviest first, then by identity.
    #[must_use]
    pub fn importance(&self, level: Level) -> impl Ord + use<'_> {
        (Reverse(level), Reverse(self.certainty), self.rule, &self.primary.object, self.primary.element.as_str())
    }
}
