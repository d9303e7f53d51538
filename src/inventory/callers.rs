//! Which workloads name a Service as something to connect to, over all namespaces.

use std::collections::{BTreeSet, HashMap};

use super::World;
use super::shelf::{Key, pair};
use crate::model::{Call, Model, Workload};
use crate::object::ObjectId;

/// Workloads by the namespaces and names of the Services that they call.
#[derive(Debug, Default)]
pub(super) struct Callers(HashMap<Key, BTreeSet<ObjectId>>);

impl Callers {
    pub(super) fn add(&mut self, workload: &Workload) {
        for call in workload.calls() {
            self.0.entry(pair(&call.namespace, &call.service)).or_default().insert(workload.id.clone());
        }
    }

    pub(super) fn remove(&mut self, workload: &Workload) {
        for call in workload.calls() {
            let key = pair(&call.namespace, &call.service);
            if let Some(ids) = self.0.get_mut(&key) {
                ids.remove(&workload.id);
                if ids.is_empty() {
                    self.0.remove(&key);
                }
            }
        }
    }

    fn of(&self, service: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.0.get(&pair(&service.namespace, &service.name)).into_iter().flatten()
    }
}

impl<'w> World<'w> {
    /// The workloads of all namespaces that call a Service, no more than `most` of them.
    #[must_use]
    pub fn workloads_calling(&self, service: &ObjectId, most: usize) -> Vec<&'w Workload> {
        let is_it = |call: &Call| *call.namespace == *service.namespace && *call.service == *service.name;
        let below = self.inventory.callers.of(service).filter(|id| !self.hides(id)).take(most);
        let below = below.filter_map(|id| self.workload(id));
        let above = match self.put() {
            Some(Model::Workload(own)) => Some(&**own),
            _ => None,
        };
        below.chain(above).filter(|own| own.calls().any(is_it)).collect()
    }
}
