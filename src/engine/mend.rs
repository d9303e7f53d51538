//! Which fixes are written: those after which nothing is wrong that was right before.
//!
//! A rule knows what it asks for, and not what all others make of it. So the object is judged once more as it would be, and a
//! fix that brings a finding, or makes one heavier, is left out.

use std::cell::OnceCell;

use jiff::civil::Date;

use super::exception::Exceptions;
use super::judge::Bench;
use super::neighbourhood;
use super::patch::Patch;
use super::plan::{Plan, Profile};
use crate::finding::{Finding, Fix};
use crate::inventory::World;
use crate::model::Model;
use crate::object::Object;
use crate::units::Level;

/// A fix may make room for another one, but never for many.
const ROUNDS: usize = 4;

/// An object, the world that it is in, and what is asked of it.
pub struct Mending<'m> {
    /// The object as it is.
    pub object: &'m Object,
    /// The world in which it is so.
    pub world: &'m World<'m>,
    /// By what it is judged.
    pub profile: &'m Profile,
    /// The plan that the profile is of.
    pub plan: &'m Plan,
    /// The day, for exceptions.
    pub today: Date,
    /// Whether all there is was read.
    pub sees_all: bool,
    /// Whether the fix of a finding is asked for.
    pub wants: &'m dyn Fn(&Finding) -> bool,
    /// Whether a finding counts against a fix that brings it.
    pub counts: &'m dyn Fn(&Finding) -> bool,
}

/// A fix that is not written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Held {
    /// The rule that offers it.
    pub rule: &'static str,
    /// The field that its finding points at, as a JSON pointer.
    pub field: String,
    /// The rule that would speak then.
    pub brings: &'static str,
}

impl Mending<'_> {
    /// The patch of the fixes of these findings, and those of them that are left out.
    #[must_use]
    pub fn mend(&self, findings: &[&Finding]) -> (Option<Patch>, Vec<Held>) {
        let mut trial = Trial {
            of: self,
            bench: Bench { plan: self.plan, uses: self.profile.uses.clone(), before: None, sees_all: self.sees_all },
            accepted: Exceptions::new(self.plan, self.today, self.world, self.object),
            offered: Vec::new(),
            before: OnceCell::new(),
        };
        trial.offered = findings.iter().copied().filter(|own| trial.is_wanted(own)).collect();
        // Nearly always all of them go together.
        if let Ok(patch) = trial.patch(&trial.offered) {
            return (patch, Vec::new());
        }
        let (mut kept, mut held, mut patch) = (Vec::new(), Vec::new(), None);
        for finding in &trial.offered {
            kept.push(*finding);
            match trial.patch(&kept) {
                Ok(tried) => patch = tried,
                Err(brings) => {
                    kept.pop();
                    held.push(Held { rule: finding.rule, field: finding.primary.address.pointer(), brings });
                }
            }
        }
        (patch, held)
    }
}

/// Fixes that are tried out.
struct Trial<'t> {
    of: &'t Mending<'t>,
    bench: Bench<'t>,
    accepted: Exceptions<'t>,
    offered: Vec<&'t Finding>,
    /// What is found without them, once it is asked for.
    before: OnceCell<Vec<Finding>>,
}

impl Trial<'_> {
    /// The patch of these fixes and of those that they make room for; or the rule that speaks of the object as it is then.
    fn patch(&self, fixes: &[&Finding]) -> Result<Option<Patch>, &'static str> {
        let own = self.of.object;
        let Some(mut patch) = Patch::build(&own.raw, fixes.iter().copied().filter_map(fix)) else { return Ok(None) };
        let mut rounds = 1..ROUNDS;
        loop {
            let object = Object { id: own.id.clone(), raw: patch.patched.clone() };
            let after = self.judge(&self.of.world.with(&Model::read(&object)));
            let is_new = |finding: &&Finding| self.offered.iter().all(|other| other.identity() != finding.identity());
            let more = after.iter().filter(|finding| self.is_wanted(finding)).filter(is_new).filter_map(fix);
            if rounds.next().is_none() || !patch.add(more) {
                return self.worse(&after).map_or(Ok(Some(patch)), Err);
            }
        }
    }

    fn judge(&self, world: &World<'_>) -> Vec<Finding> {
        let session = self.bench.judge(world, &neighbourhood::own(&self.of.object.id), &[]);
        let found = session.findings.into_iter().map(|judged| judged.finding);
        found.filter(|finding| self.is_open(finding) && (self.of.counts)(finding)).collect()
    }

    /// The first rule that says more of the object than before, or says it heavier. Where it says so does not count: what is
    /// absent is said of another field than what is written.
    fn worse(&self, after: &[Finding]) -> Option<&'static str> {
        let before = self.before.get_or_init(|| self.judge(self.of.world));
        let weights = |findings: &[Finding], rule: &str| {
            let mut weights: Vec<(Level, u64)> =
                findings.iter().filter(|own| own.rule == rule).map(|own| (own.cap, own.excess)).collect();
            weights.sort_unstable_by(|a, b| b.cmp(a));
            weights
        };
        let grows = |rule: &str| {
            let (then, now) = (weights(before, rule), weights(after, rule));
            now.len() > then.len() || now.iter().zip(&then).any(|(now, then)| now > then)
        };
        after.iter().map(|finding| finding.rule).find(|rule| grows(rule))
    }

    fn is_wanted(&self, finding: &Finding) -> bool {
        finding.fix.is_some() && (self.of.wants)(finding) && self.is_open(finding)
    }

    /// Whether nobody accepts it.
    fn is_open(&self, finding: &Finding) -> bool {
        self.accepted.of(finding).is_none_or(|excepted| !excepted.holds)
    }
}

fn fix(finding: &Finding) -> Option<(&'static str, &Fix)> {
    Some((finding.rule, finding.fix.as_ref()?))
}
