//! Floor 5: the engine: pure and synchronous. A change, an inventory, a plan and a day go in; an outcome comes out.
//!
//! `judge::Bench` is the one judge behind every gate. [`evaluate`] and [`repair`] are what admission asks,
//! [`survey`] is what `check` and `audit` ask, [`Effective`] is what holds for the routes of one object, and [`Chain`] is the way of a
//! request with all of that at its hops.

mod beside;
mod chain;
mod change;
mod effective;
mod exception;
mod judge;
mod landscape;
mod mend;
mod modes;
mod neighbourhood;
mod outcome;
pub mod patch;
mod plan;
mod preview;
mod reached;
mod relabel;
mod schema;
mod timeline;
mod weigh;

pub use chain::{
    Asked, Canary, Chain, Counts, Drain, HostFit, Leg, Order, PathFit, Pods, Request, Span, Target, Terms, bites_at,
};
pub use change::{Change, Operation};
pub use effective::{Basis, Effective};
pub use exception::Excepted;
pub use mend::{Held, Mending};
pub use outcome::{Outcome, Spoken, Standing, Verdict};
pub use plan::{Plan, PolicyError, Profile, Use, digest, shipped};
pub use schema::schema;
pub use timeline::{End, Front, Hop, Requests, Timeline, Wait};

use jiff::civil::Date;

use crate::finding::{Certainty, Finding, FixKind};
use crate::inventory::{Inventory, Overlay, World};
use crate::model::Model;
use crate::object::{Kind, Object, ObjectId};
use crate::policy::Mode;
use crate::units::Level;
use judge::Bench;
use modes::Modes;
use weigh::Weigher;

/// Judges a change: what `/validate` answers. Never patches.
#[must_use]
pub fn evaluate(change: &Change, inventory: &Inventory, plan: &Plan, today: Date) -> Outcome {
    let Some(subject) = change.subject() else { return Outcome::untouched() };
    if subject.id.kind == Kind::Namespace {
        let mut outcome = preview::preview(change, inventory, plan, today);
        relabel::relabel(change, inventory, plan, today, &mut outcome);
        return outcome;
    }
    let modes = Modes::of_namespace(&subject.id.namespace, inventory, plan);
    if modes.is_empty() || change.is_leaving() {
        return modes.untouched();
    }
    let after_model = change.after.as_ref().map(Model::read);
    let before_model = change.before().map(|object| Model::read(&object));
    let after = World::new(inventory, overlay(after_model.as_ref(), &subject.id));
    let before = World::new(inventory, overlay(before_model.as_ref(), &subject.id));
    let hood = neighbourhood::touched(&subject.id, before_model.as_ref(), after_model.as_ref(), &before, &after, plan);

    let bench = Bench { plan, uses: modes.uses(), before: Some(&before), sees_all: plan.has_cluster };
    let mut session = bench.judge(&after, &hood.own, &hood.neighbours);
    // The world before is only worth a look when there is something to compare with it.
    let bench = Bench { before: None, ..bench };
    let old = if session.findings.is_empty() { Vec::new() } else { bench.judge(&before, &hood.own, &hood.neighbours).findings };
    let weigher = Weigher { change, modes: &modes, plan, today, old: &old, world: &after };
    let mut outcome = weigher.weigh(std::mem::take(&mut session.findings));
    outcome.panics = session.panics;
    outcome.was_cut = hood.was_cut || session.was_cut;
    outcome
}

/// Repairs a change: what `/mutate` answers. Never denies; only adds what is absent.
#[must_use]
pub fn repair(change: &Change, inventory: &Inventory, plan: &Plan, today: Date) -> Outcome {
    let Some(object) = change.after.as_ref() else { return Outcome::untouched() };
    if !change.may_be_repaired() {
        return Outcome::untouched();
    }
    let modes = Modes::of_namespace(&object.id.namespace, inventory, plan);
    let Some(profile) = modes.enforced() else { return modes.untouched() };
    let model = Model::read(object);
    let world = World::new(inventory, Overlay::Put(&model));
    let subjects = neighbourhood::own(&object.id);
    let bench = Bench {
        plan,
        uses: profile.uses.iter().filter(|entry| entry.fix).copied().collect(),
        before: None,
        sees_all: plan.has_cluster,
    };
    let session = bench.judge(&world, &subjects, &[]);
    // A fix is offered before its rule speaks: a Deployment mostly comes before its Service and its Ingress, and later there
    // is no moment at which a value could be added without a rollout.
    let wants = |finding: &Finding| {
        let is_applied = |entry: &&Use| entry.fix && plan.armed.get(entry.armed).is_some_and(|own| own.meta.name == finding.rule);
        finding.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Add) && profile.uses.iter().any(|own| is_applied(&own))
    };
    let (sees_all, counts) = (plan.has_cluster, |_: &Finding| true);
    let mending = Mending { object, world: &world, profile, plan, today, sees_all, wants: &wants, counts: &counts };
    let findings: Vec<&Finding> = session.findings.iter().map(|judged| &judged.finding).collect();
    let (patch, held) = mending.mend(&findings);
    let mut outcome = Outcome { verdict: Verdict::Allow, held, ..modes.untouched() };
    outcome.panics = session.panics;
    outcome.patch = patch.map(patch::Patch::signed);
    outcome
}

/// Judges objects as they are: what `check` and `audit` ask. `is_complete` says that nothing else will come, so that
/// what is pending is certain.
#[must_use]
pub fn survey(world: &World<'_>, subject: &Object, profile: &Profile, plan: &Plan, today: Date, is_complete: bool) -> Outcome {
    surveyed(world, &subject.id, &exception::Exceptions::new(plan, today, world, subject), profile, plan, is_complete)
}

/// The same for an object of the world.
fn surveyed(
    world: &World<'_>,
    id: &ObjectId,
    accepted: &exception::Exceptions<'_>,
    profile: &Profile,
    plan: &Plan,
    is_complete: bool,
) -> Outcome {
    let sees_all = is_complete || plan.has_cluster;
    let bench = Bench { plan, uses: profile.uses.clone(), before: None, sees_all };
    let session = bench.judge(world, &neighbourhood::own(id), &[]);
    let mut outcome = Outcome::untouched();
    outcome.panics = session.panics;
    for mut judged in session.findings {
        let Some(entry) = profile.uses.iter().find(|entry| entry.armed == judged.armed) else { continue };
        let mut level = entry.level.min(judged.finding.cap);
        if is_complete {
            judged.finding.certainty = Certainty::Certain;
        } else if judged.finding.certainty == Certainty::Pending {
            level = level.min(Level::Warning);
        }
        if level == Level::Off {
            continue;
        }
        let exception = accepted.of(&judged.finding);
        outcome.spoken.push(Spoken {
            finding: judged.finding,
            level,
            mode: Mode::Enforce,
            standing: Standing::New,
            denies: false,
            exception,
        });
    }
    outcome.sort();
    outcome
}

/// Judges what an object and its neighbours look like now, and says which findings hold under which mode: what the
/// server asks again when its watch has delivered more. What somebody accepts is not among them.
#[must_use]
pub fn review(id: &ObjectId, inventory: &Inventory, plan: &Plan, today: Date) -> Vec<Spoken> {
    let modes = Modes::of_namespace(&id.namespace, inventory, plan);
    let world = World::from(inventory);
    let hood = neighbourhood::around(id, &world);
    let bench = Bench { plan, uses: modes.uses(), before: None, sees_all: plan.has_cluster };
    let session = bench.judge(&world, &hood.own, &hood.neighbours);
    let accepted = exception::Exceptions::stored(plan, today, &world, id);
    let certain = session.findings.into_iter().filter(|judged| judged.finding.certainty == Certainty::Certain);
    let spoken = certain.filter_map(|judged| {
        let (mode, level) = modes.speak(&judged)?;
        let exception = accepted.of(&judged.finding);
        Some(Spoken { finding: judged.finding, level, mode, standing: Standing::New, denies: false, exception })
    });
    spoken.filter(|spoken| !spoken.is_excepted()).collect()
}

/// What an object is in a world: this model, or absent.
fn overlay<'w>(model: Option<&'w Model>, id: &'w ObjectId) -> Overlay<'w> {
    model.map_or(Overlay::Without(id), Overlay::Put)
}
