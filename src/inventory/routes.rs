//! Lookups of a world that lead from and to objects that declare routes.

use std::collections::BTreeSet;

use super::World;
use super::room::Room;
use super::shelf::Attached;
use super::world::in_order;
use crate::model::{ClassName, Listeners, Model, Routing};
use crate::object::{Kind, ObjectId};

impl<'w> World<'w> {
    /// The objects of all namespaces that declare routes to a Service.
    pub fn routings_to(&self, service: &'w ObjectId) -> impl Iterator<Item = &'w Routing> + use<'w> {
        let ids = self.room(&service.namespace).map_or(&[][..], |room| room.routings_naming(&service.name));
        let above = match self.put() {
            Some(Model::Routing(own)) => {
                let mut services = own.services();
                services.any(|(namespace, name)| *name == *service.name && *namespace == *service.namespace).then_some(&**own)
            }
            _ => None,
        };
        in_order(self.below(ids), above, |routing| &routing.id)
    }

    /// The routes of all namespaces that hang on a `Gateway` or a `ListenerSet`.
    pub fn routings_under(&self, parent: &'w ObjectId) -> impl Iterator<Item = &'w Routing> + use<'w> {
        let ids = self.room(&parent.namespace).map_or(&[][..], |room| room.routings_under(parent));
        let above = match self.put() {
            Some(Model::Routing(own)) => own.parents.iter().any(|own| own.id == *parent).then_some(&**own),
            _ => None,
        };
        in_order(self.below(ids), above, |routing| &routing.id)
    }

    /// The sets of listeners of all namespaces that hang on a `Gateway`.
    #[must_use]
    pub fn sets_of(&self, gateway: &ObjectId) -> Vec<&'w Listeners> {
        let to = Attached::to_object(gateway);
        let above = self.put().map(|own| &*own.id().namespace).filter(|namespace| self.inventory.room(namespace).is_none());
        let namespaces = self.inventory.rooms.keys().map(|namespace| &**namespace).chain(above);
        let mut found: Vec<&Listeners> = namespaces.flat_map(|namespace| self.attached::<Listeners>(namespace, &to)).collect();
        found.retain(|own| own.gateway.as_ref() == Some(gateway));
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// The `Gateway`s of a class in all namespaces. Only for what is rare: work is in proportion to the namespaces.
    #[must_use]
    pub fn gateways_of(&self, class: &str) -> Vec<&'w Listeners> {
        let namespaces = self.inventory.rooms.keys().map(|namespace| &**namespace);
        let mut found: Vec<&Listeners> = namespaces.flat_map(|namespace| self.all::<Listeners>(namespace)).collect();
        found.retain(|own| own.id.kind == Kind::Gateway && *own.class == *class);
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// The Services of a namespace that routes lead to, whether they are there or not, in alphabetical order.
    #[must_use]
    pub fn services_referred_to(&self, namespace: &str) -> Vec<ObjectId> {
        let below = self.room(namespace).into_iter().flat_map(Room::services_referred_to);
        let below = below.filter(|(_, ids)| ids.iter().any(|id| !self.hides(id))).map(|(name, _)| name);
        let above = match self.put() {
            Some(Model::Routing(own)) => Some(own.services().filter(|(own, _)| *own == namespace).map(|(_, name)| name)),
            _ => None,
        };
        let mut names: Vec<&str> = below.chain(above.into_iter().flatten()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| ObjectId::new(Kind::Service, namespace, name)).collect()
    }

    /// These objects that declare routes, without the one that the overlay hides.
    fn below(&self, ids: &'w [ObjectId]) -> impl Iterator<Item = &'w Routing> + use<'w> {
        let world = *self;
        let found = ids.iter().filter_map(move |id| world.room(&id.namespace)?.routings.get(id));
        found.filter(move |routing| !world.hides(&routing.id))
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

    /// The objects of all namespaces that meet at such a point, mostly a host, in the order of kinds, namespaces and names, and no more
    /// than `most`.
    #[must_use]
    pub fn routings_meeting_at(&self, host: &str, most: usize) -> Vec<&'w Routing> {
        let below = self.inventory.hosts.naming(host).filter(|id| !self.hides(id)).take(most);
        let mut found: Vec<&Routing> = below.filter_map(|id| self.room(&id.namespace)?.routings.get(id)).collect();
        if let Some(Model::Routing(own)) = self.put()
            && own.meeting_points().any(|name| name == host)
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
        let ids = routing.services().filter_map(|(namespace, name)| Some(self.room(namespace)?.routings_naming(name)));
        let below = ids.flatten().filter_map(|id| self.room(&id.namespace)?.routings.get(id));
        let above = match self.put() {
            Some(Model::Routing(own)) => {
                own.services().any(|service| routing.services().any(|other| other == service)).then_some(&**own)
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
}
