//! The world: the inventory with at most one object laid over it.

use std::collections::BTreeSet;

use super::Inventory;
use super::room::Room;
use crate::model::{ClassName, ConfigMap, IngressClass, Labels, Model, Routing, Service, Workload};
use crate::object::{Kind, ObjectId};

/// The one object in which a world differs from the inventory.
#[derive(Clone, Copy, Debug)]
pub enum Overlay<'w> {
    /// None.
    Nothing,
    /// This object is there, in this state.
    Put(&'w Model),
    /// This object is not there.
    Without(&'w ObjectId),
}

/// The inventory with at most one object laid over it. Lookups give the same answers, in the same order, whether an
/// object came from below or from above.
#[derive(Clone, Copy, Debug)]
pub struct World<'w> {
    inventory: &'w Inventory,
    overlay: Overlay<'w>,
    /// The namespace of the object in which they differ, which nearly every lookup is for.
    home: Option<(&'w str, &'w Room)>,
}

impl<'w> World<'w> {
    /// The inventory with that overlay.
    #[must_use]
    pub fn new(inventory: &'w Inventory, overlay: Overlay<'w>) -> Self {
        let id = match overlay {
            Overlay::Nothing => None,
            Overlay::Put(model) => Some(model.id()),
            Overlay::Without(id) => Some(id),
        };
        let home = id.and_then(|id| Some((&*id.namespace, inventory.room(&id.namespace)?)));
        Self { inventory, overlay, home }
    }

    /// What the inventory knows of a namespace.
    fn room(&self, namespace: &str) -> Option<&'w Room> {
        match self.home {
            Some((home, room)) if home == namespace => Some(room),
            _ => self.inventory.room(namespace),
        }
    }

    /// The object laid over the inventory, where one is.
    fn put(&self) -> Option<&'w Model> {
        match self.overlay {
            Overlay::Put(model) => Some(model),
            Overlay::Nothing | Overlay::Without(_) => None,
        }
    }

    /// The Service laid over the inventory, where one is.
    fn put_service(&self) -> Option<&'w ObjectId> {
        self.put().map(Model::id).filter(|id| id.kind == Kind::Service)
    }

    /// Whether the overlay hides what the inventory says of this object.
    fn hides(&self, id: &ObjectId) -> bool {
        match self.overlay {
            Overlay::Nothing => false,
            Overlay::Put(model) => model.id() == id,
            Overlay::Without(gone) => gone == id,
        }
    }

    /// A Service by name.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&'w Service> {
        if let Some(Model::Service(own)) = self.put()
            && *own.id.namespace == *namespace
            && *own.id.name == *name
        {
            return Some(own);
        }
        self.room(namespace)?.services.get(name).filter(|service| !self.hides(&service.id))
    }

    /// An object that declares routes.
    #[must_use]
    pub fn routing(&self, id: &ObjectId) -> Option<&'w Routing> {
        match self.put() {
            Some(Model::Routing(own)) if own.id == *id => Some(own),
            _ => self.room(&id.namespace)?.routings.get(id).filter(|own| !self.hides(&own.id)),
        }
    }

    /// A workload by kind and name.
    #[must_use]
    pub fn workload(&self, id: &ObjectId) -> Option<&'w Workload> {
        match self.put() {
            Some(Model::Workload(own)) if own.id == *id => Some(own),
            _ => {
                let room = self.room(&id.namespace)?;
                room.workloads.get(&(id.kind, (*id.name).into())).filter(|own| !self.hides(&own.id))
            }
        }
    }

    /// The Services that select the pods of a workload.
    pub fn services_of(&self, workload: &'w Workload) -> impl Iterator<Item = &'w Service> + use<'w> {
        let (world, namespace) = (*self, &workload.id.namespace);
        let below = self.room(namespace).into_iter().flat_map(|room| room.services_selecting(&workload.labels));
        let above = match self.put() {
            Some(Model::Service(own)) if own.id.namespace == *namespace && own.selector.select(&workload.labels) => Some(&**own),
            _ => None,
        };
        below.filter(move |service| !world.hides(&service.id)).chain(above)
    }

    /// The workloads whose pods a Service selects.
    pub fn workloads_of(&self, service: &'w Service) -> impl Iterator<Item = &'w Workload> + use<'w> {
        self.workloads_selected(&service.id.namespace, &service.selector)
    }

    /// The workloads of a namespace whose pods carry all of these labels, of which there is at least one.
    pub fn workloads_labelled(&self, namespace: &str, pairs: &'w [(&str, &str)]) -> impl Iterator<Item = &'w Workload> + use<'w> {
        let world = *self;
        let below = self.room(namespace).into_iter().flat_map(move |room| room.workloads_labelled(pairs));
        let above = match self.put() {
            Some(Model::Workload(own)) if *own.id.namespace == *namespace => {
                pairs.iter().all(|(key, value)| own.labels.get(key) == Some(value)).then_some(&**own)
            }
            _ => None,
        };
        below.filter(move |workload| !world.hides(&workload.id)).chain(above)
    }

    fn workloads_selected(&self, namespace: &'w str, selector: &'w Labels) -> impl Iterator<Item = &'w Workload> + use<'w> {
        let world = *self;
        let below = self.room(namespace).into_iter().flat_map(|room| room.workloads_selected(selector));
        let above = match self.put() {
            Some(Model::Workload(own)) if *own.id.namespace == *namespace && selector.select(&own.labels) => Some(&**own),
            _ => None,
        };
        below.filter(move |workload| !world.hides(&workload.id)).chain(above)
    }

    /// The objects that declare routes to a Service.
    pub fn routings_to(&self, service: &'w ObjectId) -> impl Iterator<Item = &'w Routing> + use<'w> {
        let world = *self;
        let below = self.room(&service.namespace).into_iter().flat_map(|room| room.routings_naming(&service.name));
        let above = match self.put() {
            Some(Model::Routing(own)) if own.id.namespace == service.namespace => {
                own.service_names().any(|name| *name == *service.name).then_some(&**own)
            }
            _ => None,
        };
        below.filter(move |routing| !world.hides(&routing.id)).chain(above)
    }

    /// All objects that declare routes. Only for what is global: work is in proportion to the cluster.
    pub fn routings(&self) -> impl Iterator<Item = &'w Routing> + use<'w> {
        let world = *self;
        let below = self.inventory.rooms.values().flat_map(|room| room.routings.values());
        let above = match self.put() {
            Some(Model::Routing(own)) => Some(&**own),
            _ => None,
        };
        below.filter(move |routing| !world.hides(&routing.id)).chain(above)
    }

    /// The namespaces with routes of such a class, in alphabetical order. Only for what is global, too.
    #[must_use]
    pub fn namespaces_served(&self, is_served: impl Fn(&'w ClassName) -> bool) -> Vec<&'w str> {
        let served = self.routings().filter(|routing| is_served(&routing.class));
        served.map(|routing| &*routing.id.namespace).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The objects of all namespaces that name a host in their routes, in the order of kinds, namespaces and names, and no more
    /// than `most`.
    #[must_use]
    pub fn routings_naming_host(&self, host: &str, most: usize) -> Vec<&'w Routing> {
        let below = self.inventory.hosts.naming(host).filter(|id| !self.hides(id)).take(most);
        let mut found: Vec<&Routing> = below.filter_map(|id| self.room(&id.namespace)?.routings.get(id)).collect();
        if let Some(Model::Routing(own)) = self.put()
            && own.hosts().any(|name| name == host)
        {
            let place = found.partition_point(|other| other.id < own.id);
            found.insert(place, own);
            found.truncate(most);
        }
        found
    }

    /// The other objects with routes to a Service that this one leads to, too, in the order of their names, and no more than `most`.
    #[must_use]
    pub fn routings_sharing_services(&self, routing: &Routing, most: usize) -> Vec<&'w Routing> {
        let namespace = &*routing.id.namespace;
        let room = self.room(namespace);
        let below = room.into_iter().flat_map(|room| routing.service_names().flat_map(|name| room.routings_naming(name)));
        let above = match self.put() {
            Some(Model::Routing(own)) if *own.id.namespace == *namespace => {
                own.service_names().any(|name| routing.service_names().any(|other| other == name)).then_some(&**own)
            }
            _ => None,
        };
        let below = below.filter(|other| other.id != routing.id && !self.hides(&other.id));
        let mut found: Vec<&Routing> = below.chain(above.filter(|other| other.id != routing.id)).collect();
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        found.truncate(most);
        found
    }

    /// The names of the Services of a namespace, in alphabetical order.
    #[must_use]
    pub fn service_names(&self, namespace: &str) -> Vec<&'w str> {
        let services = self.room(namespace).into_iter().flat_map(|room| room.services.values());
        let below = services.map(|service| &service.id).filter(|id| !self.hides(id));
        let above = self.put_service().filter(|own| *own.namespace == *namespace);
        let mut names: Vec<&str> = below.chain(above).map(|id| &*id.name).collect();
        names.sort_unstable();
        names
    }

    /// The namespaces that hold a Service of this name, in alphabetical order.
    #[must_use]
    pub fn namespaces_with_service(&self, name: &str) -> Vec<&'w str> {
        let rooms = self.inventory.rooms.values().filter_map(|room| room.services.get(name));
        let below = rooms.map(|service| &service.id).filter(|id| !self.hides(id));
        let above = self.put_service().filter(|own| *own.name == *name);
        let mut found: Vec<&str> = below.chain(above).map(|id| &*id.namespace).collect();
        found.sort_unstable();
        found
    }

    /// An ingress class by name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&'w IngressClass> {
        match self.put() {
            Some(Model::IngressClass(own)) if *own.id.name == *name => Some(own),
            _ => self.inventory.class(name).filter(|class| !self.hides(&class.id)),
        }
    }

    /// The class that serves an object which names none; `None` also where several claim to.
    #[must_use]
    pub fn default_class(&self) -> Option<&'w IngressClass> {
        let below = self.inventory.classes.values().filter(|class| !self.hides(&class.id));
        let above = match self.put() {
            Some(Model::IngressClass(own)) => Some(own),
            _ => None,
        };
        let mut defaults = below.chain(above).filter(|class| class.is_default);
        defaults.next().filter(|_| defaults.next().is_none())
    }

    /// The labels of a namespace; `None` where it was not delivered yet.
    #[must_use]
    pub fn namespace_labels(&self, namespace: &str) -> Option<&'w Labels> {
        match self.put() {
            Some(Model::Namespace(own)) if *own.id.name == *namespace => Some(&own.labels),
            _ => self.room(namespace)?.labels.as_ref(),
        }
    }

    /// A `ConfigMap`.
    #[must_use]
    pub fn config(&self, namespace: &str, name: &str) -> Option<&'w ConfigMap> {
        match self.put() {
            Some(Model::ConfigMap(own)) if *own.id.namespace == *namespace && *own.id.name == *name => Some(own),
            _ => self.room(namespace)?.configs.get(name).filter(|config| !self.hides(&config.id)),
        }
    }

    /// The subjects of a namespace: all its workloads, Services and objects that declare routes.
    #[must_use]
    pub fn subjects_in(&self, namespace: &str) -> Vec<ObjectId> {
        let is_subject = |kind: &Kind| kind.is_workload() || kind.declares_routes() || *kind == Kind::Service;
        let room = self.room(namespace);
        let kinds = Kind::ALL.into_iter().filter(is_subject);
        let below = kinds.flat_map(|kind| room.map(|room| room.ids(kind)).unwrap_or_default());
        let above = self.put().map(Model::id).filter(|id| *id.namespace == *namespace && is_subject(&id.kind)).cloned();
        let mut ids: Vec<ObjectId> = below.filter(|id| !self.hides(id)).chain(above).collect();
        ids.sort_unstable();
        ids
    }
}

/// Nothing but the inventory.
impl<'w> From<&'w Inventory> for World<'w> {
    fn from(inventory: &'w Inventory) -> Self {
        Self::new(inventory, Overlay::Nothing)
    }
}
