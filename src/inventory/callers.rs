//! Which objects name a Service as something to connect to, over all namespaces: workloads in their environment, and objects that
//! declare routes in their annotations.

use std::collections::{BTreeSet, HashMap};

use super::World;
use super::shelf::{Key, pair};
use crate::model::{Call, Called, Model, Routing, Workload};
use crate::object::ObjectId;

/// Objects by the namespaces and names of the Services that they call.
#[derive(Clone, Debug, Default)]
pub(super) struct Callers(HashMap<Key, BTreeSet<ObjectId>>);

impl Callers {
    pub(super) fn add(&mut self, workload: &Workload) {
        workload.calls().for_each(|call| self.insert(&workload.id, of_call(call)));
    }

    pub(super) fn add_routing(&mut self, routing: &Routing) {
        routing.calls().for_each(|called| self.insert(&routing.id, of_text(called)));
    }

    pub(super) fn remove(&mut self, workload: &Workload) {
        workload.calls().for_each(|call| self.take_out(&workload.id, of_call(call)));
    }

    pub(super) fn remove_routing(&mut self, routing: &Routing) {
        routing.calls().for_each(|called| self.take_out(&routing.id, of_text(called)));
    }

    fn insert(&mut self, caller: &ObjectId, key: Key) {
        self.0.entry(key).or_default().insert(caller.clone());
    }

    fn take_out(&mut self, caller: &ObjectId, key: Key) {
        if let Some(ids) = self.0.get_mut(&key) {
            ids.remove(caller);
            if ids.is_empty() {
                self.0.remove(&key);
            }
        }
    }

    fn of(&self, service: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.0.get(&pair(&service.namespace, &service.name)).into_iter().flatten()
    }
}

fn of_call(call: &Call) -> Key {
    pair(&call.namespace, &call.service)
}

fn of_text(called: Called<'_>) -> Key {
    pair(called.namespace, called.service)
}

impl<'w> World<'w> {
    /// The workloads of all namespaces that call a Service, no more than `most` of them.
    #[must_use]
    pub fn workloads_calling(&self, service: &ObjectId, most: usize) -> Vec<&'w Workload> {
        let is_it = |call: &Call| *call.namespace == *service.namespace && *call.service == *service.name;
        let below = self.inventory.callers.of(service).filter(|id| id.kind.is_workload() && !self.hides(id)).take(most);
        let below = below.filter_map(|id| self.workload(id));
        let above = match self.put() {
            Some(Model::Workload(own)) => Some(&**own),
            _ => None,
        };
        below.chain(above).filter(|own| own.calls().any(is_it)).collect()
    }

    /// The objects of all namespaces that declare routes and call a Service, no more than `most` of them.
    #[must_use]
    pub fn routings_calling(&self, service: &ObjectId, most: usize) -> Vec<&'w Routing> {
        let is_it = |called: Called<'_>| *called.namespace == *service.namespace && *called.service == *service.name;
        let below = self.inventory.callers.of(service).filter(|id| id.kind.declares_routes() && !self.hides(id)).take(most);
        let below = below.filter_map(|id| self.routing(id));
        let above = match self.put() {
            Some(Model::Routing(own)) => Some(&**own),
            _ => None,
        };
        below.chain(above).filter(|own| own.calls().any(is_it)).collect()
    }
}
