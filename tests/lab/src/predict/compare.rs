//! What no502 says against what is written, one annotation after another.

use std::collections::BTreeMap;

use super::place::Site;
use super::row::{Seen, Written};
use super::said::Said;
use super::table::GROUPS;

/// What came of it.
#[derive(Default)]
pub(super) struct Tally {
    /// How often what is said is what is written, by annotation; only where the object has it, or something is refused.
    pub(super) met: BTreeMap<&'static str, usize>,
    /// How often it is, with or without the annotation.
    pub(super) same: usize,
    /// How often no502 says nothing of it.
    pub(super) unknown: usize,
    /// How many objects answer with one status only, as no502 says.
    pub(super) denied: usize,
    /// Where it is not.
    pub(super) different: Vec<String>,
}

impl Tally {
    /// Compares one Ingress.
    pub(super) fn compare(&mut self, said: &Said<'_>, site: &Site) {
        let (expected, written) = (said.denied(), site.denied());
        if expected != written {
            self.differ(said, "every path answers", &format!("{expected:?}"), &format!("{written:?}"));
        } else if written.is_some() {
            self.denied += 1;
        } else {
            self.directives(said, site);
        }
    }

    fn directives(&mut self, said: &Said<'_>, site: &Site) {
        for row in GROUPS.iter().copied().flatten() {
            let Seen::Written(seen) = &row.seen else { continue };
            let Some(expected) = (seen.expect)(said, row.name) else {
                self.unknown += 1;
                continue;
            };
            let expected = seen.comparable(&expected);
            let directive = seen.directive.replace("{}", said.family());
            let mut written = seen.comparable(&site.values(seen.place, &directive));
            if written.is_empty() && !seen.own.is_empty() {
                written = seen.comparable(&[seen.own.to_owned()]);
            }
            if expected == written {
                self.same += 1;
                *self.met.entry(row.name).or_default() += usize::from(said.written(row.name).is_some());
            } else {
                self.differ(said, &format!("{} ({directive})", row.name), &format!("{expected:?}"), &format!("{written:?}"));
            }
        }
    }

    fn differ(&mut self, said: &Said<'_>, what: &str, expected: &str, written: &str) {
        self.different.push(format!("{what}: no502 says {expected}, nginx.conf {written}, of {}", said.annotations()));
    }
}

impl Written {
    /// Values in a fixed order, each once.
    fn comparable(&self, values: &[String]) -> Vec<String> {
        let mut values: Vec<String> = values.iter().map(|value| (self.read)(value)).collect();
        values.sort();
        values.dedup();
        values
    }
}
