//! The world: the inventory with at most one object laid over it.

use super::Inventory;
use super::room::Room;
use super::shelf::{Attached, Shelved};
use crate::model::{
    ConfigMap, DisruptionBudget, GatewayClass, IngressClass, Labels, Model, Routing, Selector, Service, Workload,
};
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
    pub(super) inventory: &'w Inventory,
    overlay: Overlay<'w>,
    /// The namespace of the object in which they differ, which nearly every lookup is for.
    home: Option<(&'w str, &'w Room)>,
}

impl<'w> World<'w> {
    /// The inventory with that overlay.
    #[must_use]
    pub fn new(inventory: &'w Inventory, overlay: Overlay<'w>) -> Self {
        // What the inventory would not keep is not there.
        let overlay = match overlay {
            Overlay::Put(Model::Workload(own)) if own.is_replaceable() => Overlay::Without(&own.id),
            other => other,
        };
        let id = match overlay {
            Overlay::Nothing => None,
            Overlay::Put(model) => Some(model.id()),
            Overlay::Without(id) => Some(id),
        };
        let home = id.and_then(|id| Some((&*id.namespace, inventory.room(&id.namespace)?)));
        Self { inventory, overlay, home }
    }

    /// The same with its one object in this state.
    #[must_use]
    pub fn with<'a>(&'a self, model: &'a Model) -> World<'a> {
        World::new(self.inventory, Overlay::Put(model))
    }

    /// What the inventory knows of a namespace.
    pub(super) fn room(&self, namespace: &str) -> Option<&'w Room> {
        match self.home {
            Some((home, room)) if home == namespace => Some(room),
            _ => self.inventory.room(namespace),
        }
    }

    /// The object laid over the inventory, where one is.
    pub(super) fn put(&self) -> Option<&'w Model> {
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
    pub(super) fn hides(&self, id: &ObjectId) -> bool {
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

    /// The workloads whose pods a disruption budget guards, in the order of their kinds and names.
    #[must_use]
    pub fn workloads_guarded(&self, budget: &DisruptionBudget) -> Vec<&'w Workload> {
        budget.pods.as_ref().map(|pods| self.workloads_chosen(&budget.id.namespace, pods)).unwrap_or_default()
    }

    /// The workloads of a namespace whose pods a selector with expressions selects, in the order of their kinds and names.
    #[must_use]
    pub fn workloads_chosen(&self, namespace: &str, selector: &Selector) -> Vec<&'w Workload> {
        let room = self.room(namespace);
        let below: Vec<&Workload> = if selector.labels.is_empty() {
            room.into_iter().flat_map(|room| room.workloads.values()).collect()
        } else {
            room.map(|room| room.workloads_paired(&selector.labels).collect()).unwrap_or_default()
        };
        let above = match self.put() {
            Some(Model::Workload(own)) if *own.id.namespace == *namespace => Some(&**own),
            _ => None,
        };
        let all = below.into_iter().filter(|own| !self.hides(&own.id)).chain(above);
        let mut found: Vec<&Workload> = all.filter(|own| selector.selects(&own.labels)).collect();
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// The workloads of a namespace whose pods carry all of these labels; none where there is no label to look for.
    pub fn workloads_labelled(&self, namespace: &str, pairs: &'w [(&str, &str)]) -> impl Iterator<Item = &'w Workload> + use<'w> {
        let world = *self;
        let below = self.room(namespace).into_iter().flat_map(move |room| room.workloads_labelled(pairs));
        let above = match self.put() {
            Some(Model::Workload(own)) if *own.id.namespace == *namespace => {
                (!pairs.is_empty() && pairs.iter().all(|(key, value)| own.labels.get(key) == Some(value))).then_some(&**own)
            }
            _ => None,
        };
        in_order(below.filter(move |workload| !world.hides(&workload.id)), above, |workload| &workload.id)
    }

    fn workloads_selected(&self, namespace: &'w str, selector: &'w Labels) -> impl Iterator<Item = &'w Workload> + use<'w> {
        let world = *self;
        let below = self.room(namespace).into_iter().flat_map(|room| room.workloads_selected(selector));
        let above = match self.put() {
            Some(Model::Workload(own)) if *own.id.namespace == *namespace && selector.select(&own.labels) => Some(&**own),
            _ => None,
        };
        in_order(below.filter(move |workload| !world.hides(&workload.id)), above, |workload| &workload.id)
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

    /// An object by its identity.
    #[must_use]
    pub fn get<T: Shelved>(&self, id: &ObjectId) -> Option<&'w T> {
        match self.put().and_then(T::in_model).filter(|own| own.id() == id) {
            Some(own) => Some(own),
            None => T::shelf(self.room(&id.namespace)?).get(id).filter(|_| !self.hides(id)),
        }
    }

    /// All objects of a sort in a namespace, in the order of their kinds and names.
    #[must_use]
    pub fn all<T: Shelved>(&self, namespace: &str) -> Vec<&'w T> {
        let below = self.room(namespace).into_iter().flat_map(|room| T::shelf(room).iter());
        self.sorted(namespace, below.collect(), |_| true)
    }

    /// The objects of a sort in a namespace that may attach to something, in the order of their kinds and names.
    #[must_use]
    pub fn attached<T: Shelved>(&self, namespace: &str, to: &Attached) -> Vec<&'w T> {
        let below = self.room(namespace).map(|room| to.on::<T>(room)).unwrap_or_default();
        self.sorted(namespace, below, |own| to.is_of(own))
    }

    /// What the inventory has, sorted, with the object of the overlay in its place where it is one of them.
    fn sorted<T: Shelved>(&self, namespace: &str, mut below: Vec<&'w T>, is_one: impl Fn(&T) -> bool) -> Vec<&'w T> {
        below.retain(|own| !self.hides(own.id()));
        let above = self.put().and_then(T::in_model).filter(|own| *own.id().namespace == *namespace && is_one(own));
        if let Some(own) = above {
            below.insert(below.partition_point(|other| other.id() < own.id()), own);
        }
        below
    }

    /// A policy of another engine that may speak for pods of a namespace: one of its own, or one for the whole cluster.
    #[must_use]
    pub fn foreign_policy(&self, namespace: &str) -> Option<&'w ObjectId> {
        let is_for = |id: &ObjectId| *id.namespace == *namespace || id.namespace.is_empty();
        let first = |namespace: &str| self.room(namespace)?.foreign_policies.iter().find(|id| !self.hides(id));
        let above = match self.put() {
            Some(Model::ForeignPolicy(id)) if is_for(id) => Some(id),
            _ => None,
        };
        [first(namespace), first(""), above].into_iter().flatten().min()
    }

    /// A class of the Gateway API by name.
    #[must_use]
    pub fn gateway_class(&self, name: &str) -> Option<&'w GatewayClass> {
        match self.put() {
            Some(Model::GatewayClass(own)) if *own.id.name == *name => Some(own),
            _ => self.inventory.gateway_class(name).filter(|class| !self.hides(&class.id)),
        }
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

    /// All ingress classes, in alphabetical order.
    #[must_use]
    pub fn classes(&self) -> Vec<&'w IngressClass> {
        let below = self.inventory.classes.values().filter(|class| !self.hides(&class.id));
        let above = match self.put() {
            Some(Model::IngressClass(own)) => Some(own),
            _ => None,
        };
        let mut found: Vec<&IngressClass> = below.chain(above).collect();
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// All classes of the Gateway API, in alphabetical order.
    #[must_use]
    pub fn gateway_classes(&self) -> Vec<&'w GatewayClass> {
        let below = self.inventory.gateway_classes.values().filter(|class| !self.hides(&class.id));
        let above = match self.put() {
            Some(Model::GatewayClass(own)) => Some(own),
            _ => None,
        };
        let mut found: Vec<&GatewayClass> = below.chain(above).collect();
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
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
        let is_subject =
            |kind: &Kind| kind.is_workload() || kind.declares_routes() || kind.is_autoscaler() || SUBJECTS.contains(kind);
        let room = self.room(namespace);
        let kinds = Kind::ALL.into_iter().filter(is_subject);
        let below = kinds.flat_map(|kind| room.map(|room| room.ids(kind)).unwrap_or_default());
        let above = self.put().map(Model::id).filter(|id| *id.namespace == *namespace && is_subject(&id.kind)).cloned();
        let mut ids: Vec<ObjectId> = below.filter(|id| !self.hides(id)).chain(above).collect();
        ids.sort_unstable();
        ids
    }
}

/// What the inventory has in the order of kinds, namespaces and names, with the object of the overlay in its place.
pub(super) fn in_order<'w, T>(
    below: impl Iterator<Item = &'w T>,
    mut above: Option<&'w T>,
    id: fn(&T) -> &ObjectId,
) -> impl Iterator<Item = &'w T> {
    let mut below = below.peekable();
    std::iter::from_fn(move || match (below.peek(), above) {
        (Some(next), Some(own)) if id(next) < id(own) => below.next(),
        (_, Some(_)) => above.take(),
        (_, None) => below.next(),
    })
}

/// The kinds that are judged beside workloads, their autoscalers and objects that declare routes.
const SUBJECTS: &[Kind] = &[Kind::Gateway, Kind::PodDisruptionBudget, Kind::Service];

/// Nothing but the inventory.
impl<'w> From<&'w Inventory> for World<'w> {
    fn from(inventory: &'w Inventory) -> Self {
        Self::new(inventory, Overlay::Nothing)
    }
}
