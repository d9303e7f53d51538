//! Exceptions: findings that somebody accepts, for a reason and for a time.

use jiff::civil::Date;

use super::plan::Plan;
use crate::finding::Finding;
use crate::inventory::World;
use crate::model::{Allow, Autoscaler, DisruptionBudget, Listeners, NetworkPolicy, PeerAuthentication};
use crate::object::{Kind, Object, ObjectId};

/// An exception that a finding falls under.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excepted {
    /// Whether it holds today.
    pub holds: bool,
    /// Why the finding is accepted, or why the exception does not hold.
    pub reason: String,
    /// Which entry of the document it is; `None` for one that an object carries.
    pub entry: Option<usize>,
}

/// All exceptions that can matter for one change.
pub(super) struct Exceptions<'e> {
    plan: &'e Plan,
    today: Date,
    world: &'e World<'e>,
    reviewed: Option<Box<Allow>>,
    under_review: ObjectId,
}

impl<'e> Exceptions<'e> {
    pub(super) fn new(plan: &'e Plan, today: Date, world: &'e World<'e>, under_review: &'e Object) -> Self {
        Self { plan, today, world, reviewed: Allow::read(&under_review.raw), under_review: under_review.id.clone() }
    }

    /// The exceptions of objects as they are stored, without one under review.
    pub(super) fn stored(plan: &'e Plan, today: Date, world: &'e World<'e>, subject: &ObjectId) -> Self {
        Self { plan, today, world, reviewed: None, under_review: subject.clone() }
    }

    /// The exception that a finding falls under: one that holds, else one that does not hold any more.
    pub(super) fn of(&self, finding: &Finding) -> Option<Excepted> {
        let is_reviewed = finding.subject == self.under_review && self.reviewed.is_some();
        let stored = if is_reviewed { None } else { self.allow_of(&finding.subject) };
        let own = self.reviewed.as_deref().into_iter().chain(stored);
        let own = own.filter(|allow| allow.rules.iter().any(|rule| **rule == *finding.rule)).map(|allow| self.carried(allow));
        let listed = self.plan.document.exceptions.iter().enumerate().filter(|(_, entry)| {
            (entry.rules.is_empty() || entry.rules.iter().any(|rule| **rule == *finding.rule)) && matches(entry, &finding.subject)
        });
        let listed = listed.map(|(index, entry)| Excepted {
            holds: entry.until >= self.today,
            reason: if entry.until >= self.today {
                entry.reason.to_string()
            } else {
                format!("the exception ended on {}: {}", entry.until, entry.reason)
            },
            entry: Some(index),
        });
        let mut expired = None;
        for excepted in own.chain(listed) {
            if excepted.holds {
                return Some(excepted);
            }
            expired.get_or_insert(excepted);
        }
        expired
    }

    fn carried(&self, allow: &Allow) -> Excepted {
        let fault = match (allow.until, allow.reason.is_empty()) {
            (_, true) => Some("no502.dev/allow needs no502.dev/allow-reason beside it".to_owned()),
            (None, _) => Some("no502.dev/allow needs no502.dev/allow-until with a day such as 2027-06-30 beside it".to_owned()),
            (Some(until), _) if until < self.today => Some(format!("the exception ended on {until}: {}", allow.reason)),
            _ => None,
        };
        Excepted { holds: fault.is_none(), reason: fault.unwrap_or_else(|| allow.reason.to_string()), entry: None }
    }

    fn allow_of(&self, subject: &ObjectId) -> Option<&'e Allow> {
        let world = self.world;
        let workload = || world.workload(subject)?.allow.as_deref();
        let service = || world.service(&subject.namespace, &subject.name)?.allow.as_deref();
        match subject.kind {
            Kind::Gateway | Kind::ListenerSet => world.get::<Listeners>(subject)?.allow.as_deref(),
            kind if kind.is_autoscaler() => world.get::<Autoscaler>(subject)?.allow.as_deref(),
            Kind::NetworkPolicy => world.get::<NetworkPolicy>(subject)?.allow.as_deref(),
            Kind::PeerAuthentication => world.get::<PeerAuthentication>(subject)?.allow.as_deref(),
            Kind::PodDisruptionBudget => world.get::<DisruptionBudget>(subject)?.allow.as_deref(),
            Kind::Service => service(),
            kind if kind.declares_routes() => world.routing(subject)?.allow.as_deref(),
            _ => workload(),
        }
    }
}

fn matches(entry: &crate::policy::Exception, subject: &ObjectId) -> bool {
    (entry.namespaces.is_empty() || entry.namespaces.iter().any(|pattern| pattern.matches(&subject.namespace)))
        && (entry.kinds.is_empty() || entry.kinds.iter().any(|kind| **kind == *subject.kind.name()))
        && (entry.names.is_empty() || entry.names.iter().any(|pattern| pattern.matches(&subject.name)))
}
