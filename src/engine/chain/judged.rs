//! What is found at the objects on a chain: the one judge, asked once for each object.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::{Chain, Leg, Terms};
use crate::engine::exception::Exceptions;
use crate::engine::outcome::Spoken;
use crate::engine::plan::Profile;
use crate::engine::surveyed;
use crate::finding::Finding;
use crate::inventory::World;
use crate::object::{Kind, ObjectId};
use crate::policy::Mode;

/// A world, and what was found in it so far.
pub(super) struct Bench<'w> {
    pub(super) world: World<'w>,
    pub(super) terms: Terms<'w>,
    seen: RefCell<HashMap<ObjectId, Found>>,
}

#[derive(Clone, Default)]
struct Found {
    spoken: Vec<Spoken>,
    panics: Vec<&'static str>,
}

impl<'w> Bench<'w> {
    pub(super) fn new(world: World<'w>, terms: Terms<'w>) -> Self {
        Self { world, terms, seen: RefCell::default() }
    }

    /// Lays what is found at the objects on a chain, about objects on the chain, to it.
    pub(super) fn judge(&self, chain: &mut Chain<'w>) {
        let ids = on(chain);
        for id in &ids {
            let found = self.found(id);
            chain.panics.extend(found.panics);
            chain.spoken.extend(found.spoken.into_iter().filter(|spoken| ids.contains(bites_at(&spoken.finding))));
        }
        chain.spoken.retain(|spoken| !is_of_other_port(spoken, &chain.legs));
    }

    fn found(&self, id: &ObjectId) -> Found {
        if let Some(found) = self.seen.borrow().get(id) {
            return found.clone();
        }
        let Terms { plan, today, is_complete, .. } = self.terms;
        let found = self.profile(&id.namespace).map(|profile| {
            let accepted = Exceptions::stored(plan, today, &self.world, id);
            let outcome = surveyed(&self.world, id, &accepted, profile, plan, is_complete);
            Found { spoken: outcome.spoken, panics: outcome.panics }
        });
        let found = found.unwrap_or_default();
        self.seen.borrow_mut().insert(id.clone(), found.clone());
        found
    }

    /// The profile of a namespace: as asked, else as its label says, else the document's default.
    fn profile(&self, namespace: &str) -> Option<&'w Profile> {
        let plan = self.terms.plan;
        let label = || plan.profile(self.world.namespace_labels(namespace)?.get(Mode::Enforce.label())?);
        let default = || plan.profile(plan.document.defaults.get(Mode::Enforce).unwrap_or("baseline"));
        self.terms.profile.or_else(label).or_else(default)
    }
}

/// The object at whose hop a finding bites. A network policy stands beside the way: what it stops is said of the pods.
#[must_use]
pub fn bites_at(finding: &Finding) -> &ObjectId {
    let label = &finding.primary.object;
    if label.kind == Kind::NetworkPolicy { &finding.subject } else { label }
}

/// The objects on a chain.
fn on(chain: &Chain<'_>) -> BTreeSet<ObjectId> {
    let config = chain.effective.as_ref().and_then(crate::engine::Effective::config_map);
    let mut ids: BTreeSet<ObjectId> = chain.routing.iter().map(|routing| routing.id.clone()).chain(config).collect();
    ids.extend(chain.attachments.iter().flat_map(|own| own.object.into_iter().chain(own.gateway)).map(|own| own.id.clone()));
    for leg in &chain.legs {
        ids.extend(leg.service.map(|service| service.id.clone()));
        for pods in &leg.pods {
            ids.insert(pods.workload.id.clone());
            ids.extend(pods.autoscalers.iter().map(|own| own.id.clone()));
            ids.extend(pods.budgets.iter().map(|own| own.id.clone()));
        }
    }
    ids
}

/// Whether something is about a port of a Service that no leg leads through.
fn is_of_other_port(spoken: &Spoken, legs: &[Leg<'_>]) -> bool {
    let label = &spoken.finding.primary;
    let mut to = legs.iter().filter(|leg| leg.service.is_some_and(|service| service.id == label.object)).peekable();
    let pointer = label.address.pointer();
    let Some(rest) = pointer.strip_prefix("/spec/ports/").filter(|_| to.peek().is_some()) else { return false };
    let index = rest.split('/').next().and_then(|index| index.parse::<usize>().ok());
    to.all(|leg| leg.port.is_some_and(|port| Some(port.index) != index))
}
