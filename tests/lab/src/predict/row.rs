//! The form of the table: one row for each annotation.

use super::expect::Expect;
use super::place::Place;

/// One annotation.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) seen: Seen,
}

/// How it is seen in nginx.conf.
pub(super) enum Seen {
    Written(Written),
    /// Not at all, for this reason.
    Never(&'static str),
}

/// A directive, and what is said of it.
pub(super) struct Written {
    /// Texts to draw from: a good one first, then what is taken, what is dropped, and what only looks odd.
    pub(super) texts: &'static [&'static str],
    pub(super) place: Place,
    /// `{}` stands for `proxy` or `grpc`.
    pub(super) directive: &'static str,
    pub(super) expect: Expect,
    /// What is compared of a value.
    pub(super) read: fn(&str) -> String,
    /// NGINX's own value, which holds where the directive is not written; empty where that is nothing.
    pub(super) own: &'static str,
}

impl Row {
    pub(super) const fn read(self, read: fn(&str) -> String) -> Self {
        match self.seen {
            Seen::Written(written) => Self { seen: Seen::Written(Written { read, ..written }), ..self },
            Seen::Never(_) => self,
        }
    }

    pub(super) const fn own(self, own: &'static str) -> Self {
        match self.seen {
            Seen::Written(written) => Self { seen: Seen::Written(Written { own, ..written }), ..self },
            Seen::Never(_) => self,
        }
    }
}

pub(super) const fn row(
    name: &'static str,
    texts: &'static [&'static str],
    place: Place,
    directive: &'static str,
    expect: Expect,
) -> Row {
    Row { name, seen: Seen::Written(Written { texts, place, directive, expect, read: str::to_owned, own: "" }) }
}

pub(super) const fn never(name: &'static str, reason: &'static str) -> Row {
    Row { name, seen: Seen::Never(reason) }
}
