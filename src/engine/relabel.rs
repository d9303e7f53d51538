//! What other labels of a namespace would do to those who are chosen by them, in whatever namespace: answered when they are set.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::change::Change;
use super::exception::Exceptions;
use super::judge::{Bench, Judged};
use super::modes::Modes;
use super::neighbourhood::{self, Subject};
use super::outcome::{Outcome, Spoken, Standing, Verdict};
use super::plan::Plan;
use crate::inventory::{Inventory, Overlay, World};
use crate::model::Model;
use crate::policy::Mode;
use crate::units::Level;

/// Judges whom the labels concern, before and after, and adds what is new to an outcome. Never denies.
pub(super) fn relabel(change: &Change, inventory: &Inventory, plan: &Plan, today: Date, outcome: &mut Outcome) {
    let Some(after) = change.after.as_ref().filter(|after| !after.is_terminating()) else { return };
    let Some(before) = change.before() else { return };
    let (is, was) = (Model::read(after), Model::read(&before));
    let (Model::Namespace(new), Model::Namespace(old)) = (&is, &was) else { return };
    if new.labels == old.labels {
        return;
    }
    let (world, world_before) = (World::new(inventory, Overlay::Put(&is)), World::new(inventory, Overlay::Put(&was)));
    let hood = neighbourhood::around_labels(&new.id.name, &old.labels, &new.labels, &world, plan);
    // Each namespace has profiles of its own.
    let mut by_namespace: BTreeMap<String, Vec<Subject>> = BTreeMap::new();
    for subject in hood.neighbours {
        by_namespace.entry(subject.id().namespace.to_string()).or_default().push(subject);
    }
    let first = outcome.spoken.len();
    for (namespace, subjects) in &by_namespace {
        let modes = Modes::of_namespace(namespace, inventory, plan);
        let bench = Bench { plan, uses: modes.uses(), before: None, sees_all: plan.has_cluster };
        let session = bench.judge(&world, &[], subjects);
        let known = if session.findings.is_empty() { Vec::new() } else { bench.judge(&world_before, &[], subjects).findings };
        let is_known = |judged: &Judged| {
            known.iter().any(|old| old.armed == judged.armed && old.finding.identity() == judged.finding.identity())
        };
        outcome.panics.extend(session.panics);
        for judged in session.findings.into_iter().filter(|judged| !is_known(judged)) {
            let Some((mode, level)) = modes.speak(&judged) else { continue };
            let exception = Exceptions::stored(plan, today, &world, &judged.finding.subject).of(&judged.finding);
            let level = level.min(Level::Warning);
            outcome.spoken.push(Spoken {
                finding: judged.finding,
                level,
                mode,
                standing: Standing::Reached,
                denies: false,
                exception,
            });
        }
    }
    outcome.was_cut |= hood.was_cut;
    let is_heard = |spoken: &Spoken| spoken.mode > Mode::Audit && !spoken.is_excepted();
    if outcome.verdict == Verdict::Allow && outcome.spoken.iter().skip(first).any(is_heard) {
        outcome.verdict = Verdict::Warn;
    }
    outcome.sort();
}
