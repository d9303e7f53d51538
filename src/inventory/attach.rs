//! Which listeners take a route of the Gateway API, or why none does.
//!
//! Source: `Route.Accepted` and its reasons in `apis/v1/shared_types.go` of `kubernetes-sigs/gateway-api`.

use super::World;
use crate::model::{Listener, Listeners, ParentRef, Routing};
use crate::object::{Kind, ObjectId};

/// What comes of one of the parents that a route names.
#[derive(Clone, Debug)]
pub struct Attachment<'w> {
    /// The parent, as the route names it.
    pub parent: &'w ParentRef,
    /// The object that it names, where it is there.
    pub object: Option<&'w Listeners>,
    /// The `Gateway` that serves it, where it is there: the object itself, or that of a `ListenerSet`.
    pub gateway: Option<&'w Listeners>,
    /// The listeners that take the route.
    pub listeners: Vec<&'w Listener>,
    /// Why none does.
    pub fault: Option<Detached>,
}

/// Why no listener takes a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detached {
    /// The parent is not there.
    NoParent,
    /// The `Gateway` of the `ListenerSet` is not there.
    NoGateway,
    /// The `Gateway` does not take a `ListenerSet` of this namespace.
    SetNotAllowed,
    /// No listener has that name or port.
    NoListener,
    /// No listener of those that are meant takes routes of this namespace.
    NamespaceNotAllowed,
    /// No listener of those that are meant takes routes of this kind.
    KindNotAllowed,
    /// No listener of those that are meant takes one of its hosts.
    NoHost,
}

impl<'w> World<'w> {
    /// The `Gateway` that serves a parent of a route.
    #[must_use]
    pub fn gateway_of(&self, parent: &ParentRef) -> Option<&'w Listeners> {
        let object: &Listeners = self.get(&parent.id)?;
        match &object.gateway {
            Some(gateway) => self.get(gateway),
            None => Some(object),
        }
    }

    /// What comes of each parent of a route. What cannot be told counts as taken.
    #[must_use]
    pub fn attachments(&self, routing: &'w Routing) -> Vec<Attachment<'w>> {
        routing.parents.iter().map(|parent| self.attachment(routing, parent)).collect()
    }

    fn attachment(&self, routing: &Routing, parent: &'w ParentRef) -> Attachment<'w> {
        let object: Option<&Listeners> = self.get(&parent.id);
        let gateway = self.gateway_of(parent);
        let mut own = Attachment { parent, object, gateway, listeners: Vec::new(), fault: None };
        let Some(object) = object.filter(|object| !object.is_leaving) else {
            own.fault = Some(Detached::NoParent);
            return own;
        };
        match self.listeners(routing, parent, object, gateway) {
            Ok(listeners) => own.listeners = listeners,
            Err(fault) => own.fault = Some(fault),
        }
        own
    }

    /// The `Gateway`s of a parent's name in other namespaces that surely take a route: one of them may be meant. Only for what is rare:
    /// work is in proportion to the namespaces.
    #[must_use]
    pub fn parents_elsewhere(&self, routing: &Routing, parent: &ParentRef) -> Vec<&'w Listeners> {
        let own = &routing.id.namespace;
        let labels = self.namespace_labels(own);
        let above = self.put().map(|put| &*put.id().namespace).filter(|namespace| self.inventory.room(namespace).is_none());
        let namespaces = self.inventory.rooms.keys().map(|namespace| &**namespace).chain(above);
        let all = namespaces.map(|namespace| ObjectId::new(Kind::Gateway, namespace, &parent.id.name));
        let mut found: Vec<&Listeners> = all.filter(|id| *id != parent.id).filter_map(|id| self.get(&id)).collect();
        found.retain(|other: &&Listeners| {
            let taking = if other.is_leaving {
                Vec::new()
            } else {
                self.listeners(routing, parent, other, Some(*other)).unwrap_or_default()
            };
            taking.iter().any(|listener| listener.from.takes(&other.id.namespace, own, labels) == Some(true))
        });
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    fn listeners(
        &self,
        routing: &Routing,
        parent: &ParentRef,
        object: &'w Listeners,
        gateway: Option<&Listeners>,
    ) -> Result<Vec<&'w Listener>, Detached> {
        let gateway = gateway.filter(|gateway| !gateway.is_leaving).ok_or(Detached::NoGateway)?;
        if gateway.id != object.id {
            let namespace = &object.id.namespace;
            if gateway.sets_from.takes(&gateway.id.namespace, namespace, self.namespace_labels(namespace)) == Some(false) {
                return Err(Detached::SetNotAllowed);
            }
        }
        let mut left: Vec<&Listener> = object.listeners.iter().collect();
        left.retain(|own| {
            parent.listener.as_ref().is_none_or(|name| *name == own.name) && parent.port.is_none_or(|port| port == own.port)
        });
        // Other objects may add listeners to a Gateway that has none of its own.
        if left.is_empty() && (!object.listeners.is_empty() || parent.listener.is_some()) {
            return Err(Detached::NoListener);
        }
        let namespace = &routing.id.namespace;
        let labels = self.namespace_labels(namespace);
        let mut keep = |fault: Detached, takes: &dyn Fn(&Listener) -> bool| {
            let before = left.len();
            left.retain(|own| takes(own));
            if left.is_empty() && before > 0 { Err(fault) } else { Ok(()) }
        };
        keep(Detached::KindNotAllowed, &|own| own.takes_kind(routing.id.kind))?;
        keep(Detached::NamespaceNotAllowed, &|own| own.from.takes(&object.id.namespace, namespace, labels) != Some(false))?;
        keep(Detached::NoHost, &|own| {
            let mut hosts = routing.hosts().filter(|host| !host.is_empty()).peekable();
            hosts.peek().is_none() || hosts.any(|host| own.takes_host(host))
        })?;
        Ok(left)
    }
}
