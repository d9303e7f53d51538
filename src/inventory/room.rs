//! What is known of one namespace, with the indexes that lead from one object to its neighbours.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use super::shelf::{Key, Shelf, pair};
use crate::model::{
    Autoscaler, BackendTlsPolicy, ConfigMap, DisruptionBudget, Endpoints, Grant, Labels, LimitRange, Listeners, NetworkPolicy,
    PeerAuthentication, Routing, Service, Workload,
};
use crate::object::{Kind, ObjectId};

/// Which workload of the namespace.
pub(super) type WorkloadKey = (Kind, Box<str>);

/// What is known of one namespace.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// The labels of the namespace; `None` until it was delivered.
    pub(super) labels: Option<Labels>,
    pub(super) configs: HashMap<Box<str>, ConfigMap>,
    pub(super) services: HashMap<Box<str>, Service>,
    pub(super) routings: HashMap<ObjectId, Routing>,
    pub(super) workloads: HashMap<WorkloadKey, Workload>,
    pub(super) authentications: Shelf<PeerAuthentication>,
    pub(super) autoscalers: Shelf<Autoscaler>,
    pub(super) backend_tls: Shelf<BackendTlsPolicy>,
    pub(super) budgets: Shelf<DisruptionBudget>,
    pub(super) endpoints: Shelf<Endpoints>,
    pub(super) grants: Shelf<Grant>,
    pub(super) limit_ranges: Shelf<LimitRange>,
    pub(super) listeners: Shelf<Listeners>,
    pub(super) policies: Shelf<NetworkPolicy>,
    /// Policies of other engines.
    pub(super) foreign_policies: BTreeSet<ObjectId>,
    /// Services by one pair of their selector: the one that the fewest others share when the Service is added.
    services_by_pair: HashMap<Key, Vec<Box<str>>>,
    /// Workloads by each pair of their pods' labels.
    workloads_by_pair: HashMap<Key, Vec<WorkloadKey>>,
    /// Objects that declare routes, of any namespace, by the Services of this one that they name.
    routings_by_service: HashMap<Box<str>, Vec<ObjectId>>,
    /// Routes of the Gateway API, of any namespace, by what they hang on here.
    routings_by_parent: HashMap<ObjectId, Vec<ObjectId>>,
}

impl Room {
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_none()
            && self.configs.is_empty()
            && self.services.is_empty()
            && self.routings.is_empty()
            && self.workloads.is_empty()
            && self.authentications.is_empty()
            && self.autoscalers.is_empty()
            && self.backend_tls.is_empty()
            && self.budgets.is_empty()
            && self.endpoints.is_empty()
            && self.grants.is_empty()
            && self.limit_ranges.is_empty()
            && self.listeners.is_empty()
            && self.policies.is_empty()
            && self.foreign_policies.is_empty()
            // Objects of other namespaces may refer to what is not here.
            && self.routings_by_service.is_empty()
            && self.routings_by_parent.is_empty()
    }

    pub(super) fn ids(&self, kind: Kind) -> Vec<ObjectId> {
        match kind {
            Kind::BackendTlsPolicy => self.backend_tls.ids(kind).cloned().collect(),
            Kind::ConfigMap => self.configs.values().map(|model| model.id.clone()).collect(),
            Kind::EndpointSlice => self.endpoints.ids(kind).cloned().collect(),
            Kind::Gateway | Kind::ListenerSet => self.listeners.ids(kind).cloned().collect(),
            Kind::LimitRange => self.limit_ranges.ids(kind).cloned().collect(),
            Kind::NetworkPolicy => self.policies.ids(kind).cloned().collect(),
            Kind::PeerAuthentication => self.authentications.ids(kind).cloned().collect(),
            Kind::PodDisruptionBudget => self.budgets.ids(kind).cloned().collect(),
            Kind::ReferenceGrant => self.grants.ids(kind).cloned().collect(),
            Kind::Service => self.services.values().map(|model| model.id.clone()).collect(),
            _ if kind.is_autoscaler() => self.autoscalers.ids(kind).cloned().collect(),
            _ if kind.is_foreign_policy() => self.foreign_policies.iter().filter(|own| own.kind == kind).cloned().collect(),
            _ if kind.declares_routes() => self.routings.keys().filter(|own| own.kind == kind).cloned().collect(),
            _ => self.workloads.values().filter(|model| model.id.kind == kind).map(|model| model.id.clone()).collect(),
        }
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Service => self.services.len(),
            _ if kind.declares_routes() => self.routings.keys().filter(|own| own.kind == kind).count(),
            _ if kind.is_workload() => self.workloads.keys().filter(|(own, _)| *own == kind).count(),
            _ => self.ids(kind).len(),
        }
    }

    pub(super) fn put_service(&mut self, service: Service) {
        let name: Box<str> = (*service.id.name).into();
        self.remove_service(&name);
        let pairs = service.selector.iter().map(|(key, value)| pair(key, value));
        let rarest = pairs.min_by_key(|pair| self.services_by_pair.get(pair).map_or(0, Vec::len));
        if let Some(pair) = rarest {
            insert(self.services_by_pair.entry(pair).or_default(), &name);
        }
        self.services.insert(name, service);
    }

    pub(super) fn put_workload(&mut self, workload: Workload) {
        let key: WorkloadKey = (workload.id.kind, (*workload.id.name).into());
        self.remove_workload(&key);
        for (label, value) in workload.labels.iter() {
            insert(self.workloads_by_pair.entry(pair(label, value)).or_default(), &key);
        }
        self.workloads.insert(key, workload);
    }

    /// Remembers which of the Services and parents here an object of any namespace names.
    pub(super) fn refer(&mut self, own: &str, routing: &Routing) {
        for (_, service) in routing.services().filter(|(namespace, _)| *namespace == own) {
            insert(self.routings_by_service.entry(service.into()).or_default(), &routing.id);
        }
        for parent in routing.parents.iter().filter(|parent| *parent.id.namespace == *own) {
            insert(self.routings_by_parent.entry(parent.id.clone()).or_default(), &routing.id);
        }
    }

    /// Forgets it again.
    pub(super) fn unrefer(&mut self, own: &str, routing: &Routing) {
        for (_, service) in routing.services().filter(|(namespace, _)| *namespace == own) {
            take_out(&mut self.routings_by_service, service, &routing.id);
        }
        for parent in routing.parents.iter().filter(|parent| *parent.id.namespace == *own) {
            take_out(&mut self.routings_by_parent, &parent.id, &routing.id);
        }
    }

    pub(super) fn remove(&mut self, id: &ObjectId) {
        match id.kind {
            Kind::BackendTlsPolicy => self.backend_tls.remove(id),
            Kind::ConfigMap => {
                self.configs.remove(&*id.name);
            }
            Kind::EndpointSlice => self.endpoints.remove(id),
            Kind::Gateway | Kind::ListenerSet => self.listeners.remove(id),
            Kind::LimitRange => self.limit_ranges.remove(id),
            Kind::NetworkPolicy => self.policies.remove(id),
            Kind::PeerAuthentication => self.authentications.remove(id),
            Kind::PodDisruptionBudget => self.budgets.remove(id),
            Kind::ReferenceGrant => self.grants.remove(id),
            Kind::Service => self.remove_service(&id.name),
            kind if kind.is_autoscaler() => self.autoscalers.remove(id),
            kind if kind.is_foreign_policy() => {
                self.foreign_policies.remove(id);
            }
            kind if kind.declares_routes() => {
                self.routings.remove(id);
            }
            kind => self.remove_workload(&(kind, (*id.name).into())),
        }
    }

    fn remove_service(&mut self, name: &str) {
        if let Some(old) = self.services.remove(name) {
            for (key, value) in old.selector.iter() {
                take_out(&mut self.services_by_pair, &pair(key, value), &name.into());
            }
        }
    }

    fn remove_workload(&mut self, key: &WorkloadKey) {
        if let Some(old) = self.workloads.remove(key) {
            for (label, value) in old.labels.iter() {
                take_out(&mut self.workloads_by_pair, &pair(label, value), key);
            }
        }
    }

    /// The Services that select pods with these labels.
    pub(super) fn services_selecting<'r>(&'r self, labels: &'r Labels) -> impl Iterator<Item = &'r Service> {
        let names = labels.iter().filter_map(|(key, value)| self.services_by_pair.get(&pair(key, value))).flatten();
        names.filter_map(|name| self.services.get(name)).filter(|service| service.selector.select(labels))
    }

    /// The workloads whose pods this selector selects.
    pub(super) fn workloads_selected<'r>(&'r self, selector: &'r Labels) -> impl Iterator<Item = &'r Workload> {
        self.workloads_paired(selector).filter(|workload| selector.select(&workload.labels))
    }

    /// The workloads whose pods may carry all of these labels; none where there are no labels.
    pub(super) fn workloads_paired(&self, labels: &Labels) -> impl Iterator<Item = &Workload> {
        let candidates = labels.iter().map(|(key, value)| self.workloads_by_pair.get(&pair(key, value)));
        // Every pair must match, so the shortest list holds all that can be selected.
        let shortest = candidates.map(|keys| keys.map_or(&[][..], Vec::as_slice)).min_by_key(|keys| keys.len());
        let keys = shortest.unwrap_or_default();
        keys.iter().filter_map(|key| self.workloads.get(key))
    }

    /// The workloads whose pods carry all of these labels.
    pub(super) fn workloads_labelled<'r>(&'r self, pairs: &'r [(&str, &str)]) -> impl Iterator<Item = &'r Workload> {
        let first = pairs.first().and_then(|(key, value)| self.workloads_by_pair.get(&pair(key, value)));
        let candidates = first.into_iter().flatten().filter_map(|key| self.workloads.get(key));
        candidates.filter(move |workload| pairs.iter().all(|(key, value)| workload.labels.get(key) == Some(value)))
    }

    /// The objects of any namespace that declare routes to this Service.
    pub(super) fn routings_naming(&self, service: &str) -> &[ObjectId] {
        self.routings_by_service.get(service).map_or(&[], Vec::as_slice)
    }

    /// The names of the Services here that objects of any namespace declare routes to, with those objects.
    pub(super) fn services_referred_to(&self) -> impl Iterator<Item = (&str, &[ObjectId])> {
        self.routings_by_service.iter().map(|(name, ids)| (&**name, &**ids))
    }

    /// The routes of any namespace that hang on this object.
    pub(super) fn routings_under(&self, parent: &ObjectId) -> &[ObjectId] {
        self.routings_by_parent.get(parent).map_or(&[], Vec::as_slice)
    }
}

/// Puts an entry into a sorted list of an index, once.
fn insert<V: Ord + Clone>(list: &mut Vec<V>, entry: &V) {
    if let Err(place) = list.binary_search(entry) {
        list.insert(place, entry.clone());
    }
}

/// Takes an entry out of a sorted list of an index, and the list when it is empty then.
fn take_out<K, Q, V: Ord>(index: &mut HashMap<K, Vec<V>>, key: &Q, entry: &V)
where
    K: std::borrow::Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    let Some(list) = index.get_mut(key) else { return };
    if let Ok(place) = list.binary_search(entry) {
        list.remove(place);
    }
    if list.is_empty() {
        index.remove(key);
    }
}
