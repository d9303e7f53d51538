//! From findings to a verdict: exceptions, the ratchet, modes.

use std::collections::HashMap;

use jiff::civil::Date;

use super::change::{Change, Operation};
use super::exception::Exceptions;
use super::judge::{Judged, On};
use super::modes::Modes;
use super::outcome::{Outcome, Spoken, Standing, Verdict};
use super::plan::Plan;
use crate::finding::{Certainty, Finding};
use crate::inventory::World;
use crate::object::{At, Kind, ObjectId};
use crate::policy::Mode;
use crate::rule::{Neighbour, by_name};
use crate::units::Level;

/// All that weighs in.
pub(super) struct Weigher<'w> {
    pub(super) change: &'w Change,
    pub(super) modes: &'w Modes<'w>,
    pub(super) plan: &'w Plan,
    pub(super) today: Date,
    /// What was found in the world before.
    pub(super) old: &'w [Judged],
    /// The world after.
    pub(super) world: &'w World<'w>,
}

type Identity<'f> = (&'f str, &'f ObjectId, &'f ObjectId, &'f str, &'f str);

impl Weigher<'_> {
    pub(super) fn weigh(&self, findings: Vec<Judged>) -> Outcome {
        let mut outcome = self.modes.untouched();
        if findings.is_empty() {
            return outcome;
        }
        let Some(under_review) = self.change.subject() else { return outcome };
        let exceptions = Exceptions::new(self.plan, self.today, self.world, &under_review);
        // Each armed form of a rule is compared with itself: a second mode must not make the first one milder.
        let mut before: HashMap<(usize, Identity<'_>), &Judged> = HashMap::new();
        for judged in self.old {
            // One form may speak of one place several times: the heaviest counts.
            let known = before.entry((judged.armed, judged.finding.identity())).or_insert(judged);
            if self.weight(judged) > self.weight(known) {
                *known = judged;
            }
        }
        // Asked once: it reads the old object.
        let leads_there = findings.iter().any(|judged| judged.on == On::Neighbour) && self.leads_there();
        let mut spoken: Vec<Spoken> = Vec::new();
        for mut judged in findings {
            let known = before.get(&(judged.armed, judged.finding.identity())).copied();
            let standing = self.standing(&judged, known, leads_there);
            let Some(standing) = standing else { continue };
            let takes_away = under_review.id.kind != Kind::ConfigMap && self.change.operation == Operation::Update;
            if judged.on != On::Own && standing == Standing::New && takes_away {
                judged.finding.help = in_order(&judged.finding);
            }
            let denies = self.denies(&judged, standing, &under_review.id);
            if denies {
                // What a change takes away is gone for certain, even where its neighbour alone would be pending.
                judged.finding.certainty = if judged.on == On::Own { judged.finding.certainty } else { Certainty::Certain };
            }
            let Some((active, level)) = self.modes.spoken_by(&judged) else { continue };
            let level = if standing == Standing::New { level } else { level.min(Level::Warning) };
            let denies = denies && active.asked == Mode::Enforce && level == Level::Error;
            let level = if denies { level } else { Self::spared(level, active.asked) };
            let exception = exceptions.of(&judged.finding);
            let denies = denies && exception.as_ref().is_none_or(|exception| !exception.holds);
            let mode = active.mode;
            let candidate = Spoken { finding: judged.finding, level, mode, standing, denies, exception };
            keep_strongest(&mut spoken, candidate);
        }
        outcome.spoken = spoken;
        outcome.sort();
        outcome.verdict = self.verdict(&outcome.spoken);
        outcome
    }

    /// An error that does not deny is no error for the user who enforces: it is said as a warning.
    fn spared(level: Level, asked: Mode) -> Level {
        if asked == Mode::Enforce { level.min(Level::Warning) } else { level }
    }

    /// How heavy a finding is: its level in the strongest mode that speaks it, then by how much it misses.
    fn weight(&self, judged: &Judged) -> (Level, u64) {
        (self.modes.spoken_by(judged).map_or(Level::Off, |(_, level)| level), judged.finding.excess)
    }

    /// How a finding stands to the change; `None` where the change has nothing to do with it.
    fn standing(&self, judged: &Judged, before: Option<&Judged>, leads_there: bool) -> Option<Standing> {
        let is_new = before.is_none_or(|before| {
            let (now, then) = (self.weight(judged), self.weight(before));
            now.0 > then.0 || now.0 == then.0 && now.1 > then.1
        });
        match (judged.on, is_new) {
            (On::Own, true) => Some(Standing::New),
            (On::Own, false) => Some(Standing::Old),
            (On::Neighbour | On::Beside, true) => Some(if self.breaks(judged) { Standing::New } else { Standing::Reached }),
            (On::Neighbour, false) => leads_there.then_some(Standing::Reached),
            // What was wrong beside it before is none of its business.
            (On::Beside, false) => None,
        }
    }

    /// Whether the change connects its object anew to what stands behind it.
    fn leads_there(&self) -> bool {
        let Some(after) = self.change.after.as_ref().filter(|after| after.id.kind.leads_to_pods()) else {
            return false;
        };
        self.change.operation == Operation::Create
            || self.change.before().is_some_and(|before| before.raw.at(["spec"]) != after.raw.at(["spec"]))
    }

    /// Whether the change breaks a neighbour that was whole: by UPDATE, and the neighbour had no such fault before.
    fn breaks(&self, judged: &Judged) -> bool {
        let meta = by_name(judged.finding.rule).map(|entry| entry.meta);
        let was_whole = !self.old.iter().any(|old| {
            old.finding.subject == judged.finding.subject
                && old.finding.primary.element == judged.finding.primary.element
                && by_name(old.finding.rule).is_some_and(|entry| entry.meta.neighbour == Neighbour::Breaks)
        });
        meta.is_some_and(|meta| match meta.neighbour {
            Neighbour::BreaksAll => true,
            Neighbour::Breaks => was_whole,
            Neighbour::Completes => false,
        })
    }

    /// Whether a finding is a reason to refuse, by law: only the object at fault is denied, DELETE never is.
    fn denies(&self, judged: &Judged, standing: Standing, changed: &ObjectId) -> bool {
        if self.change.operation == Operation::Delete || standing != Standing::New || self.change.is_controlled() {
            return false;
        }
        if judged.on != On::Own {
            let breaking = self.modes.active.first().map_or(Level::Off, |active| active.profile.breaking);
            let for_all = by_name(judged.finding.rule).is_some_and(|entry| entry.meta.neighbour == Neighbour::BreaksAll);
            return for_all || self.change.operation == Operation::Update && breaking == Level::Error;
        }
        judged.finding.primary.object == *changed
    }

    fn verdict(&self, spoken: &[Spoken]) -> Verdict {
        let denied = spoken.iter().any(|spoken| spoken.denies);
        let said = !self.modes.notes.is_empty() || spoken.iter().any(|spoken| spoken.mode > Mode::Audit && !spoken.is_excepted());
        match (denied, self.plan.document.mode) {
            (true, Mode::Enforce) => Verdict::Deny,
            (true, _) => Verdict::WouldDeny,
            (false, _) if said => Verdict::Warn,
            (false, _) => Verdict::Allow,
        }
    }
}

/// How to take away what others still use, so that no request meets the gap.
fn in_order(finding: &Finding) -> String {
    let (object, element) = (&finding.primary.object, &finding.primary.element);
    format!(
        "{object} still uses what this change takes away. Do it in this order:\n1. add the new one beside the old one\n\
         2. move {object} ({element}) to the new one\n3. remove the old one"
    )
}

/// A finding is spoken once, by its strongest mode.
fn keep_strongest(spoken: &mut Vec<Spoken>, candidate: Spoken) {
    let known = spoken.iter_mut().find(|known| known.finding.identity() == candidate.finding.identity());
    match known {
        Some(known) if (candidate.denies, candidate.mode, candidate.level) > (known.denies, known.mode, known.level) => {
            *known = candidate;
        }
        Some(_) => {}
        None => spoken.push(candidate),
    }
}
