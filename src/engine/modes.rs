//! Which profiles hold in a namespace, and for what.

use std::cmp::Reverse;

use super::judge::Judged;
use super::outcome::{Outcome, Verdict};
use super::plan::{Plan, Profile, Use};
use crate::finding::Certainty;
use crate::inventory::Inventory;
use crate::model::Labels;
use crate::policy::Mode;
use crate::units::Level;

/// The profile that a mode uses.
#[derive(Debug)]
pub(super) struct Active<'p> {
    /// The mode that the namespace asks for.
    pub(super) asked: Mode,
    /// The mode that the document's own mode leaves of it.
    pub(super) mode: Mode,
    pub(super) profile: &'p Profile,
}

/// Which profiles hold in a namespace, the strongest mode first.
#[derive(Debug)]
pub(super) struct Modes<'p> {
    pub(super) active: Vec<Active<'p>>,
    /// What the user should know of the choice.
    pub(super) notes: Vec<String>,
}

impl<'p> Modes<'p> {
    /// The profiles of a namespace by its labels, else by the document's defaults.
    pub(super) fn of_namespace(namespace: &str, inventory: &Inventory, plan: &'p Plan) -> Self {
        if plan.document.exempts(namespace) {
            return Self { active: Vec::new(), notes: Vec::new() };
        }
        let labels = inventory.namespace_labels(namespace);
        let mut modes = Self::of_labels(labels, plan);
        // What lives in no namespace has no labels to wait for.
        if labels.is_none() && plan.has_cluster && !namespace.is_empty() {
            modes.notes.push(format!("the labels of namespace {namespace} are not known yet: the defaults of the policy hold"));
        }
        modes
    }

    /// The profiles that these labels choose.
    pub(super) fn of_labels(labels: Option<&Labels>, plan: &'p Plan) -> Self {
        let mut modes = Self { active: Vec::new(), notes: Vec::new() };
        for asked in Mode::ALL {
            let label = labels.and_then(|labels| labels.get(asked.label()));
            let Some(name) = label.or_else(|| plan.document.defaults.get(asked)).filter(|name| *name != "none") else { continue };
            let profile = plan.profile(name).or_else(|| {
                modes.notes.push(unknown_profile(asked, name, plan));
                plan.profile("baseline")
            });
            modes.active.extend(profile.map(|profile| Active { asked, mode: asked.min(plan.document.mode), profile }));
        }
        modes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// The profile whose errors deny and whose fixes are applied, where the document's mode leaves that.
    pub(super) fn enforced(&self) -> Option<&'p Profile> {
        self.active.iter().find(|active| active.mode == Mode::Enforce).map(|active| active.profile)
    }

    /// All armed rules of all modes, each once and as heavy as the heaviest mode has it.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::with_capacity(self.active.iter().map(|active| active.profile.uses.len()).sum());
        uses.extend(self.active.iter().flat_map(|active| &active.profile.uses).copied());
        if self.active.len() > 1 {
            uses.sort_unstable_by_key(|entry: &Use| (entry.armed, Reverse(entry.level)));
            uses.dedup_by_key(|entry| entry.armed);
        }
        uses
    }

    /// The strongest mode that speaks a finding, and the level that it has there.
    pub(super) fn speak(&self, judged: &Judged) -> Option<(Mode, Level)> {
        self.spoken_by(judged).map(|(active, level)| (active.mode, level))
    }

    pub(super) fn spoken_by(&self, judged: &Judged) -> Option<(&Active<'p>, Level)> {
        self.active.iter().find_map(|active| {
            let entry = active.profile.uses.iter().find(|entry| entry.armed == judged.armed)?;
            let mut level = entry.level.min(judged.finding.cap);
            if judged.finding.certainty == Certainty::Pending {
                level = level.min(Level::Warning);
            }
            (level > Level::Off).then_some((active, level))
        })
    }

    /// An outcome without findings.
    pub(super) fn untouched(&self) -> Outcome {
        let profiles = self.active.iter().map(|active| (active.asked, active.profile.name.clone())).collect();
        let verdict = if self.notes.is_empty() { Verdict::Allow } else { Verdict::Warn };
        Outcome { verdict, profiles, notes: self.notes.clone(), ..Outcome::untouched() }
    }
}

/// An unknown name does not switch a namespace off: `baseline` holds.
fn unknown_profile(mode: Mode, name: &str, plan: &Plan) -> String {
    let names: Vec<&str> = plan.profile_names().collect();
    format!("there is no profile {name} (there are {}): {}=baseline holds", names.join(", "), mode.label())
}
