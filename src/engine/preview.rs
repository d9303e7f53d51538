//! What a label on a namespace would do: answered when it is set, so that `kubectl label --dry-run=server` is a preview.

use crate::object::At;
use jiff::civil::Date;

use super::change::Change;
use super::exception::Exceptions;
use super::judge::Bench;
use super::modes::{Active, Modes};
use super::neighbourhood;
use super::outcome::{Outcome, Spoken, Standing, Verdict};
use super::plan::Plan;
use crate::inventory::{Inventory, World};
use crate::model::{Labels, Model};
use crate::policy::Mode;
use crate::units::Level;

/// How many objects of the namespace are looked at for one answer.
const OBJECTS: usize = 3000;

/// Judges all objects of a namespace by the profiles that its new labels choose. Never denies.
pub(super) fn preview(change: &Change, inventory: &Inventory, plan: &Plan, today: Date) -> Outcome {
    let Some(after) = change.after.as_ref().filter(|after| !after.is_terminating()) else { return Outcome::untouched() };
    let Model::Namespace(namespace) = Model::read(after) else { return Outcome::untouched() };
    let name = &*namespace.id.name;
    let before = change.before().map(|before| Labels::read(before.raw.at(["metadata", "labels"]))).unwrap_or_default();
    let is_chosen = |mode: &Mode| {
        namespace.labels.get(mode.label()).is_some() && namespace.labels.get(mode.label()) != before.get(mode.label())
    };
    let chosen: Vec<Mode> = Mode::ALL.into_iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        return Outcome::untouched();
    }
    let modes = Modes::of_labels(Some(&namespace.labels), plan);
    let mut outcome = modes.untouched();
    if plan.document.exempts(name) {
        outcome.notes = vec![format!("namespace {name} is exempt by the policy: its labels are not looked at")];
        outcome.verdict = Verdict::Warn;
        return outcome;
    }
    for active in modes.active.iter().filter(|active| chosen.contains(&active.asked)) {
        let found = judge_all(name, active, inventory, plan, today, &mut outcome);
        outcome.notes.extend(found);
    }
    // Once for each object is too often.
    outcome.panics.sort_unstable();
    outcome.panics.dedup();
    outcome.sort();
    outcome.verdict = if outcome.notes.is_empty() { Verdict::Allow } else { Verdict::Warn };
    outcome
}

/// Judges all objects by one profile, and says in one line what came of it; nothing where nothing was found.
fn judge_all(
    name: &str,
    active: &Active<'_>,
    inventory: &Inventory,
    plan: &Plan,
    today: Date,
    outcome: &mut Outcome,
) -> Option<String> {
    let world = World::from(inventory);
    let subjects = world.subjects_in(name);
    let bench = Bench { plan, uses: active.profile.uses.clone(), before: None, sees_all: plan.has_cluster };
    let alone =
        Modes { active: vec![Active { asked: active.asked, mode: active.mode, profile: active.profile }], notes: Vec::new() };
    let (mut errors, mut warnings) = (0_usize, 0_usize);
    for id in subjects.iter().take(OBJECTS) {
        let session = bench.judge(&world, &neighbourhood::own(id), &[]);
        outcome.panics.extend(session.panics);
        for judged in session.findings {
            let Some((mode, level)) = alone.speak(&judged) else { continue };
            let exception = Exceptions::stored(plan, today, &world, id).of(&judged.finding);
            if exception.as_ref().is_some_and(|exception| exception.holds) {
                continue;
            }
            if level == Level::Error {
                errors += 1;
            } else {
                warnings += 1;
            }
            let mode = mode.max(Mode::Warn);
            outcome.spoken.push(Spoken {
                finding: judged.finding,
                level,
                mode,
                standing: Standing::Old,
                denies: false,
                exception,
            });
        }
    }
    let cut = if subjects.len() > OBJECTS { format!(" (the first {OBJECTS} were looked at)") } else { String::new() };
    let (label, profile, objects) = (active.asked.label(), &active.profile.name, subjects.len());
    let counts = format!("{errors} errors and {warnings} warnings");
    (errors + warnings > 0).then(|| format!("{label}={profile} finds {counts} in the {objects} objects of namespace {name}{cut}"))
}
