//! Which objects name a host in their routes, over all namespaces: a gateway lays them together.

use std::collections::{BTreeSet, HashMap};

use crate::model::Routing;
use crate::object::ObjectId;

/// Objects that declare routes, by the hosts that they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(HashMap<Box<str>, BTreeSet<ObjectId>>);

impl Hosts {
    pub(super) fn add(&mut self, routing: &Routing) {
        for host in routing.meeting_points() {
            if let Some(ids) = self.0.get_mut(&*host) {
                ids.insert(routing.id.clone());
            } else {
                self.0.insert((&*host).into(), BTreeSet::from([routing.id.clone()]));
            }
        }
    }

    pub(super) fn remove(&mut self, routing: &Routing) {
        for host in routing.meeting_points() {
            if let Some(ids) = self.0.get_mut(&*host) {
                ids.remove(&routing.id);
                if ids.is_empty() {
                    self.0.remove(&*host);
                }
            }
        }
    }

    /// The objects that name a host, in the order of their kinds, namespaces and names.
    pub(super) fn naming(&self, host: &str) -> impl Iterator<Item = &ObjectId> {
        self.0.get(host).into_iter().flatten()
    }
}
