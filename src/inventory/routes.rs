//! Lookups of a world that lead from and to objects that declare routes.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use super::World;
use super::room::Room;
use super::shelf::Attached;
use super::world::in_order;
use crate::model::{Listeners, Model, Routing};
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

    /// The namespaces with such routes, in alphabetical order. Only for what is global, too.
    #[must_use]
    pub fn namespaces_served(&self, is_served: impl Fn(&'w Routing) -> bool) -> Vec<&'w str> {
        let served = self.routings().filter(|routing| is_served(routing));
        served.map(|routing| &*routing.id.namespace).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The other objects of all namespaces that meet with this one at some point, mostly a host, in the order of their names. Of
    /// more than `most` some are left out, and the answer is longer than `most` by one.
    #[must_use]
    pub fn routings_meeting(&self, routing: &Routing, most: usize) -> Vec<&'w Routing> {
        let mut ids: BTreeSet<&ObjectId> = BTreeSet::new();
        let mut points: HashSet<Cow<'_, str>> = HashSet::new();
        for point in routing.meeting_points() {
            if ids.len() > most {
                break;
            }
            // Nearly always only the object itself is there.
            let here = self.inventory.hosts.naming(&point).filter(|id| **id != routing.id && !self.hides(id));
            ids.extend(here.take(most + 1));
            points.insert(point);
        }
        let mut found = self.found(ids);
        if let Some(Model::Routing(own)) = self.put()
            && own.id != routing.id
            && own.meeting_points().any(|point| points.contains(&point))
        {
            found.insert(found.partition_point(|other| other.id < own.id), own);
        }
        found.truncate(most + 1);
        found
    }

    /// The other objects with routes to a Service that this one leads to, too, in the order of their names. Of more than `most`
    /// some are left out, and the answer is longer than `most` by one.
    #[must_use]
    pub fn routings_sharing_services(&self, routing: &Routing, most: usize) -> Vec<&'w Routing> {
        let services: HashSet<(&str, &str)> = routing.services().collect();
        let mut ids: BTreeSet<&ObjectId> = BTreeSet::new();
        for (namespace, name) in &services {
            let Some(room) = self.room(namespace) else { continue };
            ids.extend(room.routings_naming(name).iter().filter(|id| **id != routing.id && !self.hides(id)).take(most + 1));
        }
        let mut found = self.found(ids);
        if let Some(Model::Routing(own)) = self.put()
            && own.id != routing.id
            && own.services().any(|service| services.contains(&service))
        {
            found.insert(found.partition_point(|other| other.id < own.id), own);
        }
        found.truncate(most + 1);
        found
    }

    /// The objects that declare routes under these names, in the same order.
    fn found(&self, ids: BTreeSet<&'w ObjectId>) -> Vec<&'w Routing> {
        ids.into_iter().filter_map(|id| self.room(&id.namespace)?.routings.get(id)).collect()
    }
}
