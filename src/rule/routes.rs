//! All that a rule may see of an object that declares routes, and of its routes.

use super::context::{Facts, element};
use super::unanswered::Unanswered;
use crate::finding::{Finding, Label};
use crate::inventory::World;
use crate::model::{
    BackendField, BadBackend, Gateway, Grant, Note, Place, Route, RouteSettings, Routing, Section, Service, Setting, Workload,
};
use crate::object::Address;
use crate::units::Level;

/// An object that declares routes, and who serves them.
#[derive(Clone, Copy)]
pub struct RoutingCase<'c> {
    /// The object.
    pub routing: &'c Routing,
    /// Which of its sections is meant; `None` where it has none, and its routes share their settings.
    pub section: Option<&'c Section>,
    /// Who serves it.
    pub gateway: &'c Gateway<'c>,
    /// What holds for all its routes, or for those of that section.
    pub settings: &'c RouteSettings,
    /// What its dialect noticed.
    pub notes: &'c [Note],
    /// The other objects that name one of its hosts, in the order of their names.
    pub same_host: &'c [Beside<'c>],
    /// The other objects that lead to one of its Services, in the order of their names.
    pub same_service: &'c [Beside<'c>],
    /// What is known of the cluster.
    pub facts: &'c Facts,
    /// Whether all there is was read: of a cluster, or of an input that was declared complete.
    pub sees_all: bool,
    /// The neighbours.
    pub world: &'c World<'c>,
}

/// Another object that the same class serves.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'c> {
    /// The object.
    pub routing: &'c Routing,
    /// Which of both came first.
    pub age: Age,
}

/// Whether another object came before the one that is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Age {
    /// It was there first.
    Older,
    /// It came later.
    Younger,
    /// Nobody can tell, as of two files.
    Unknown,
}

impl Age {
    /// How old an object is beside another one. One that was never stored yet comes last.
    #[must_use]
    pub fn of(other: &Routing, own: &Routing) -> Self {
        match (&other.created, &own.created) {
            (Some(_), None) => Self::Older,
            (None, Some(_)) => Self::Younger,
            // Times of the API server are all written alike, in UTC to the second.
            (Some(other), Some(own)) if other < own => Self::Older,
            (Some(other), Some(own)) if other > own => Self::Younger,
            _ => Self::Unknown,
        }
    }
}

impl<'c> RoutingCase<'c> {
    /// A path of the object, which stays the same one however the others move.
    #[must_use]
    pub fn path(&self, route: &Route) -> Label {
        Label::new(&self.routing.id, route.path_address()).of(route.shown())
    }

    /// An annotation of the object or a field of its section, which stays the same one however the others move.
    #[must_use]
    pub fn label(&self, address: &Address) -> Label {
        Label::new(&self.routing.id, address.clone()).of(element(self.section, address))
    }

    /// Where an annotation or a field is missed that would stand at this address.
    #[must_use]
    pub fn missing(&self, address: &Address) -> Label {
        let place = self.section.map_or_else(|| self.routing.annotations_address(), Section::address);
        Label::new(&self.routing.id, place).of(element(self.section, address))
    }

    /// What the object says where a setting is written, whether the gateway can read it or not.
    #[must_use]
    pub fn text_of<T>(&self, setting: &Setting<T>) -> Option<&'c str> {
        self.text_at(&setting.writing.as_ref()?.address)
    }

    /// What the object says at an address.
    #[must_use]
    pub fn text_at(&self, address: &Address) -> Option<&'c str> {
        match self.section {
            Some(section) => section.text_at(address),
            None => self.routing.annotation_at(address),
        }
    }

    /// The routes that the settings hold for.
    pub fn routes(&self) -> impl Iterator<Item = &'c Route> {
        let index = self.section.map(|section| section.index);
        self.routing.routes.iter().filter(move |route| route.section() == index)
    }
}

/// One host and path.
pub struct RouteCase<'c> {
    /// The object that declares it.
    pub of: &'c RoutingCase<'c>,
    /// The route.
    pub route: &'c Route,
    /// The Service that it leads to, where it is there.
    pub service: Option<&'c Service>,
    /// The workloads whose pods this Service selects.
    pub workloads: &'c [&'c Workload],
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl RouteCase<'_> {
    /// A field of the route's backend.
    #[must_use]
    pub fn label(&self, field: BackendField) -> Label {
        Label::new(&self.of.routing.id, self.route.address(field)).of(self.element())
    }

    /// What tells the backend from the others of the object. A rule of the Gateway API may have several, and rules of one path
    /// differ in what else they ask for.
    fn element(&self) -> String {
        let own = &self.of.routing.id.namespace;
        match (self.of.section, self.route.place, self.route.service(own)) {
            (Some(rule), Place::Ref { .. }, Some((namespace, service))) => {
                let host = if self.route.host.is_empty() { "*" } else { &self.route.host };
                format!("{host} {} to {namespace}/{service}", rule.name)
            }
            _ => self.route.shown(),
        }
    }

    /// What comes of it when the backend cannot be used at all.
    #[must_use]
    pub fn when_invalid(&self) -> Unanswered {
        Unanswered::of(self.of, self.of.gateway.answers.invalid_backend)
    }

    /// What comes of it when there is nobody behind the backend.
    #[must_use]
    pub fn when_empty(&self) -> Unanswered {
        Unanswered::of(self.of, self.of.gateway.answers.no_endpoint)
    }

    /// What comes of it when the backend cannot be used: `every request of shop.example.com/ gets 500`.
    #[must_use]
    pub fn when_unusable(&self) -> String {
        if self.is_spared() {
            let name = self.of.gateway.name;
            return format!("{name} leaves it out, and the other backends of the rule get all of {}", self.route.shown());
        }
        self.suffers(self.when_invalid())
    }

    /// The finding that the backend cannot be used, as heavy as what comes of it.
    #[must_use]
    pub fn unusable(&self, finding: Finding) -> Finding {
        if self.is_spared() { finding.at_most(Level::Warning) } else { self.when_invalid().on(finding) }
    }

    /// Whose requests fail when the backend does, and how: `every request of shop.example.com/ gets 500`.
    #[must_use]
    pub fn suffers(&self, what: Unanswered) -> String {
        let (noun, shown) = (what.noun(), self.route.shown());
        match self.share() {
            Some((own, all)) => format!("its share ({own} of {all}) of the {noun}s of {shown} gets {}", what.shown()),
            None => format!("every {noun} of {shown} gets {}", what.shown()),
        }
    }

    /// The weight of the backend among those of its rule, where it has not all of it.
    #[must_use]
    pub fn share(&self) -> Option<(u32, u64)> {
        let rule = self.of.routing.rules.iter().find(|rule| Some(rule.index) == self.route.section())?;
        (rule.weight > u64::from(self.route.weight)).then_some((self.route.weight, rule.weight))
    }

    /// The Service that requests are meant for; none behind a backend of weight 0.
    #[must_use]
    pub fn meant(&self) -> Option<(&str, &str)> {
        self.route.service(&self.of.routing.id.namespace).filter(|_| self.route.weight > 0)
    }

    /// Whether the gateway leaves this backend out when it cannot be used, so that others of its rule take its share.
    fn is_spared(&self) -> bool {
        let routing = self.of.routing;
        let is_good = |other: &Route| {
            let service = other.service(&routing.id.namespace).filter(|_| other.weight > 0);
            service.is_some_and(|(namespace, name)| {
                self.world.service(namespace, name).is_some() && is_granted(self.world, routing, namespace, name)
            })
        };
        let mut beside =
            routing.routes.iter().filter(|other| other.section() == self.route.section() && other.place != self.route.place);
        self.of.gateway.bad_backend == BadBackend::LeftOut && beside.any(is_good)
    }
}

/// Whether a route of the Gateway API may lead to a Service, as the namespace of the Service says.
pub(super) fn is_granted(world: &World<'_>, routing: &Routing, namespace: &str, service: &str) -> bool {
    *namespace == *routing.id.namespace
        || world.all::<Grant>(namespace).iter().any(|grant| grant.lets(routing.id.kind, &routing.id.namespace, service))
}
