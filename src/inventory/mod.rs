//! Floor 3: a consistent snapshot of objects, and the world that a change would make of it.
//!
//! The inventory keeps compact models, not JSON. Work is in proportion to the neighbourhood of an object: every lookup
//! goes through an index. What was never seen is absent, which is not the same as "does not exist": that judgement is
//! left to the reader.

mod attach;
mod callers;
mod hosts;
mod mesh;
mod reach;
mod room;
mod routes;
mod shelf;
mod world;

pub use attach::{Attachment, Detached};
pub use reach::{Barrier, Direction, Doubt, GATEWAY_NAME, Passage, PodPort, Pods};
pub use shelf::{Attached, Shelf, Shelved};
pub use world::{Overlay, World};

use std::collections::HashMap;

use crate::model::{ConfigMap, GatewayClass, IngressClass, Labels, Model};
use crate::object::{Kind, ObjectId};
use callers::Callers;
use hosts::Hosts;
use room::Room;

/// The objects that are known.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    rooms: HashMap<Box<str>, Room>,
    classes: HashMap<Box<str>, IngressClass>,
    gateway_classes: HashMap<Box<str>, GatewayClass>,
    hosts: Hosts,
    callers: Callers,
}

impl Inventory {
    /// An inventory without objects.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object, or puts a newer state in its place.
    pub fn apply(&mut self, model: Model) {
        match model {
            Model::Autoscaler(own) => self.room_mut(&own.id.namespace.clone()).autoscalers.put(*own),
            Model::BackendTlsPolicy(own) => self.room_mut(&own.id.namespace.clone()).backend_tls.put(*own),
            Model::DisruptionBudget(own) => self.room_mut(&own.id.namespace.clone()).budgets.put(*own),
            Model::Endpoints(own) => self.room_mut(&own.id.namespace.clone()).endpoints.put(own),
            Model::ForeignPolicy(id) => {
                self.room_mut(&id.namespace.clone()).foreign_policies.insert(id);
            }
            Model::GatewayClass(class) => {
                self.gateway_classes.insert((*class.id.name).into(), class);
            }
            Model::Grant(own) => self.room_mut(&own.id.namespace.clone()).grants.put(own),
            Model::LimitRange(own) => self.room_mut(&own.id.namespace.clone()).limit_ranges.put(own),
            Model::Listeners(own) => self.room_mut(&own.id.namespace.clone()).listeners.put(*own),
            Model::NetworkPolicy(own) => self.room_mut(&own.id.namespace.clone()).policies.put(*own),
            Model::PeerAuthentication(own) => self.room_mut(&own.id.namespace.clone()).authentications.put(*own),
            Model::IngressClass(class) => {
                self.classes.insert((*class.id.name).into(), class);
            }
            Model::Namespace(namespace) => self.room_mut(&namespace.id.name.clone()).labels = Some(namespace.labels),
            Model::ConfigMap(config) => {
                let room = self.room_mut(&config.id.namespace.clone());
                room.configs.insert((*config.id.name).into(), config);
            }
            Model::Routing(routing) => {
                self.forget_references(&routing.id);
                self.hosts.add(&routing);
                self.callers.add_routing(&routing);
                for namespace in routing.namespaces() {
                    self.room_mut(namespace).refer(namespace, &routing);
                }
                self.room_mut(&routing.id.namespace.clone()).routings.insert(routing.id.clone(), *routing);
            }
            Model::Service(service) => self.room_mut(&service.id.namespace.clone()).put_service(*service),
            // The controller stands for it.
            Model::Workload(workload) if workload.is_replaceable() => self.delete(&workload.id.clone()),
            Model::Workload(workload) => {
                self.forget_calls(&workload.id);
                self.callers.add(&workload);
                self.room_mut(&workload.id.namespace.clone()).put_workload(*workload);
            }
        }
    }

    /// Forgets an object.
    pub fn delete(&mut self, id: &ObjectId) {
        match id.kind {
            Kind::GatewayClass => {
                self.gateway_classes.remove(&*id.name);
            }
            Kind::IngressClass => {
                self.classes.remove(&*id.name);
            }
            Kind::Namespace => {
                if let Some(room) = self.rooms.get_mut(&*id.name) {
                    room.labels = None;
                }
                self.drop_if_empty(&id.name.clone());
            }
            _ => {
                if id.kind.declares_routes() {
                    self.forget_references(id);
                }
                self.forget_calls(id);
                if let Some(room) = self.rooms.get_mut(&*id.namespace) {
                    room.remove(id);
                }
                self.drop_if_empty(&id.namespace.clone());
            }
        }
    }

    /// Puts these objects in the place of all objects of their kind, as after a fresh list.
    pub fn reset(&mut self, kind: Kind, models: Vec<Model>) {
        let gone: Vec<ObjectId> = {
            let fresh: std::collections::HashSet<&ObjectId> = models.iter().map(Model::id).collect();
            self.ids(kind).into_iter().filter(|id| !fresh.contains(id)).collect()
        };
        for id in &gone {
            self.delete(id);
        }
        for model in models {
            self.apply(model);
        }
    }

    /// All objects of a kind.
    #[must_use]
    pub fn ids(&self, kind: Kind) -> Vec<ObjectId> {
        match kind {
            Kind::GatewayClass => self.gateway_classes.values().map(|class| class.id.clone()).collect(),
            Kind::IngressClass => self.classes.values().map(|class| class.id.clone()).collect(),
            Kind::Namespace => {
                let delivered = self.rooms.iter().filter(|(_, room)| room.labels.is_some());
                delivered.map(|(name, _)| ObjectId::new(Kind::Namespace, "", name)).collect()
            }
            _ => self.rooms.values().flat_map(|room| room.ids(kind)).collect(),
        }
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::GatewayClass => self.gateway_classes.len(),
            Kind::IngressClass => self.classes.len(),
            Kind::Namespace => self.rooms.values().filter(|room| room.labels.is_some()).count(),
            _ => self.rooms.values().map(|room| room.count(kind)).sum(),
        }
    }

    /// The labels of a namespace; `None` where it was not delivered yet.
    #[must_use]
    pub fn namespace_labels(&self, namespace: &str) -> Option<&Labels> {
        self.rooms.get(namespace)?.labels.as_ref()
    }

    /// A `ConfigMap`.
    #[must_use]
    pub fn config(&self, namespace: &str, name: &str) -> Option<&ConfigMap> {
        self.rooms.get(namespace)?.configs.get(name)
    }

    /// An ingress class by name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&IngressClass> {
        self.classes.get(name)
    }

    /// A class of the Gateway API by name.
    #[must_use]
    pub fn gateway_class(&self, name: &str) -> Option<&GatewayClass> {
        self.gateway_classes.get(name)
    }

    /// Forgets which Services a workload calls, before it goes or becomes another.
    fn forget_calls(&mut self, id: &ObjectId) {
        if let Some(old) = self.rooms.get(&*id.namespace).and_then(|room| room.workloads.get(&(id.kind, (*id.name).into()))) {
            self.callers.remove(old);
        }
    }

    /// Forgets what an object that declares routes refers to, before it goes or becomes another.
    fn forget_references(&mut self, id: &ObjectId) {
        let Some(old) = self.rooms.get_mut(&*id.namespace).and_then(|room| room.routings.remove(id)) else { return };
        self.hosts.remove(&old);
        self.callers.remove_routing(&old);
        for namespace in old.namespaces() {
            if let Some(room) = self.rooms.get_mut(namespace) {
                room.unrefer(namespace, &old);
            }
            // Its own is looked at by who goes on with it.
            if namespace != &*id.namespace {
                self.drop_if_empty(namespace);
            }
        }
    }

    fn room(&self, namespace: &str) -> Option<&Room> {
        self.rooms.get(namespace)
    }

    fn room_mut(&mut self, namespace: &str) -> &mut Room {
        self.rooms.entry(namespace.into()).or_default()
    }

    fn drop_if_empty(&mut self, namespace: &str) {
        if self.rooms.get(namespace).is_some_and(Room::is_empty) {
            self.rooms.remove(namespace);
        }
    }
}
