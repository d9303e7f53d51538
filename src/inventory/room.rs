//! What is known of one namespace, with the indexes that lead from one object to its neighbours.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::model::{ConfigMap, Labels, Routing, Service, Workload};
use crate::object::{Kind, ObjectId};

/// One pair of labels, hashed. A collision only costs a look: every candidate is matched in full.
type Pair = u64;

fn pair(key: &str, value: &str) -> Pair {
    let mut hasher = DefaultHasher::new();
    (key, value).hash(&mut hasher);
    hasher.finish()
}

/// Which workload of the namespace.
pub(super) type WorkloadKey = (Kind, Box<str>);

/// What is known of one namespace.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The labels of the namespace; `None` until it was delivered.
    pub(super) labels: Option<Labels>,
    pub(super) configs: HashMap<Box<str>, ConfigMap>,
    pub(super) services: HashMap<Box<str>, Service>,
    pub(super) routings: HashMap<ObjectId, Routing>,
    pub(super) workloads: HashMap<WorkloadKey, Workload>,
    /// Services by one pair of their selector: the one that the fewest others share when the Service is added.
    services_by_pair: HashMap<Pair, Vec<Box<str>>>,
    /// Workloads by each pair of their pods' labels.
    workloads_by_pair: HashMap<Pair, Vec<WorkloadKey>>,
    /// Objects that declare routes, by the Services that they name.
    routings_by_service: HashMap<Box<str>, Vec<ObjectId>>,
}

impl Room {
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_none()
            && self.configs.is_empty()
            && self.services.is_empty()
            && self.routings.is_empty()
            && self.workloads.is_empty()
    }

    pub(super) fn ids(&self, kind: Kind) -> Vec<ObjectId> {
        match kind {
            Kind::ConfigMap => self.configs.values().map(|model| model.id.clone()).collect(),
            Kind::Service => self.services.values().map(|model| model.id.clone()).collect(),
            _ if kind.declares_routes() => self.routings.keys().filter(|own| own.kind == kind).cloned().collect(),
            _ => self.workloads.values().filter(|model| model.id.kind == kind).map(|model| model.id.clone()).collect(),
        }
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::ConfigMap => self.configs.len(),
            Kind::Service => self.services.len(),
            _ if kind.declares_routes() => self.routings.keys().filter(|own| own.kind == kind).count(),
            _ => self.workloads.keys().filter(|(own, _)| *own == kind).count(),
        }
    }

    pub(super) fn put_service(&mut self, service: Service) {
        let name: Box<str> = (*service.id.name).into();
        self.remove_service(&name);
        let pairs = service.selector.iter().map(|(key, value)| pair(key, value));
        let rarest = pairs.min_by_key(|pair| self.services_by_pair.get(pair).map_or(0, Vec::len));
        if let Some(pair) = rarest {
            self.services_by_pair.entry(pair).or_default().push(name.clone());
        }
        self.services.insert(name, service);
    }

    pub(super) fn put_workload(&mut self, workload: Workload) {
        let key: WorkloadKey = (workload.id.kind, (*workload.id.name).into());
        self.remove_workload(&key);
        for (label, value) in workload.labels.iter() {
            self.workloads_by_pair.entry(pair(label, value)).or_default().push(key.clone());
        }
        self.workloads.insert(key, workload);
    }

    pub(super) fn put_routing(&mut self, routing: Routing) {
        self.remove_routing(&routing.id);
        for service in routing.service_names() {
            let ids = self.routings_by_service.entry(service.into()).or_default();
            if ids.last() != Some(&routing.id) && !ids.contains(&routing.id) {
                ids.push(routing.id.clone());
            }
        }
        self.routings.insert(routing.id.clone(), routing);
    }

    pub(super) fn remove(&mut self, id: &ObjectId) {
        match id.kind {
            Kind::ConfigMap => {
                self.configs.remove(&*id.name);
            }
            Kind::Service => self.remove_service(&id.name),
            kind if kind.declares_routes() => self.remove_routing(id),
            kind => self.remove_workload(&(kind, (*id.name).into())),
        }
    }

    fn remove_service(&mut self, name: &str) {
        if let Some(old) = self.services.remove(name) {
            for (key, value) in old.selector.iter() {
                forget(&mut self.services_by_pair, &pair(key, value), |own| &**own == name);
            }
        }
    }

    fn remove_workload(&mut self, key: &WorkloadKey) {
        if let Some(old) = self.workloads.remove(key) {
            for (label, value) in old.labels.iter() {
                forget(&mut self.workloads_by_pair, &pair(label, value), |own| own == key);
            }
        }
    }

    fn remove_routing(&mut self, id: &ObjectId) {
        if let Some(old) = self.routings.remove(id) {
            for service in old.service_names() {
                forget(&mut self.routings_by_service, service, |own| own == id);
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
        let candidates = selector.iter().map(|(key, value)| self.workloads_by_pair.get(&pair(key, value)));
        // Every pair must match, so the shortest list holds all that can be selected.
        let shortest = candidates.map(|keys| keys.map_or(&[][..], Vec::as_slice)).min_by_key(|keys| keys.len());
        let keys = shortest.unwrap_or_default();
        keys.iter().filter_map(|key| self.workloads.get(key)).filter(|workload| selector.select(&workload.labels))
    }

    /// The workloads whose pods carry all of these labels.
    pub(super) fn workloads_labelled<'r>(&'r self, pairs: &'r [(&str, &str)]) -> impl Iterator<Item = &'r Workload> {
        let first = pairs.first().and_then(|(key, value)| self.workloads_by_pair.get(&pair(key, value)));
        let candidates = first.into_iter().flatten().filter_map(|key| self.workloads.get(key));
        candidates.filter(move |workload| pairs.iter().all(|(key, value)| workload.labels.get(key) == Some(value)))
    }

    /// The objects that declare routes to this Service.
    pub(super) fn routings_naming(&self, service: &str) -> impl Iterator<Item = &Routing> {
        let ids = self.routings_by_service.get(service).into_iter().flatten();
        ids.filter_map(|id| self.routings.get(id))
    }
}

/// Takes one entry out of a list of an index, and the list when it is empty then.
fn forget<K, Q, V>(index: &mut HashMap<K, Vec<V>>, key: &Q, is_it: impl Fn(&V) -> bool)
where
    K: std::borrow::Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    if let Some(list) = index.get_mut(key) {
        list.retain(|own| !is_it(own));
        if list.is_empty() {
            index.remove(key);
        }
    }
}
