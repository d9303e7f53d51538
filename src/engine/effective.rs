//! What holds for the routes of one object, whoever says it, and what that comes to.

use super::landscape::{self, Found};
use super::plan::Plan;
use super::timeline::Timeline;
use crate::dialect::{self, Reading};
use crate::inventory::World;
use crate::model::{ClassName, Gateway, Routing, Section};
use crate::object::{Address, Kind, ObjectId};
use crate::policy::ConfigSource;

/// How the gateway of a class is known, or why it is not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Basis {
    /// The policy document says it.
    Policy,
    /// No policy document names a gateway, and the name of the class is taken for it.
    Assumed,
    /// Only one controller reads objects of this kind.
    Kind,
    /// An `IngressClass` names its controller.
    IngressClass,
    /// The `GatewayClass` of the `Gateway` that a route hangs on names its controller.
    GatewayClass,
    /// The object names no class, and there is no default class, or more than one; or it hangs on no `Gateway` that is there.
    NoClass,
    /// Neither the document nor an object of the class tells who serves the class.
    Untold,
    /// The class names a controller that no502 does not read.
    OtherController(Box<str>),
}

/// What holds for the routes of one object.
#[derive(Debug)]
pub struct Effective<'w> {
    /// The object.
    pub routing: &'w Routing,
    /// Which of its sections is meant, where it has such.
    pub section: Option<&'w Section>,
    /// The name of its class, as it says itself or by default.
    pub class: Option<&'w str>,
    /// Who serves it.
    pub gateway: Gateway<'w>,
    /// How that is known.
    pub basis: Basis,
    /// Where the document says that the global configuration stands.
    pub config: ConfigSource,
    /// What holds, and what was noticed on the way.
    pub reading: Reading,
    /// The worst case.
    pub timeline: Timeline,
}

impl<'w> Effective<'w> {
    /// What holds for the routes of an object in this world, for each of its sections, where it has such.
    #[must_use]
    pub fn all(routing: &'w Routing, world: &World<'w>, plan: &'w Plan) -> Vec<Self> {
        if routing.sections.is_empty() {
            return vec![Self::new(routing, None, world, plan)];
        }
        routing.sections.iter().map(|section| Self::new(routing, Some(section), world, plan)).collect()
    }

    /// What holds for the routes of one of its sections, or of an object without such.
    pub(super) fn of_section(routing: &'w Routing, index: Option<usize>, world: &World<'w>, plan: &'w Plan) -> Self {
        Self::new(routing, index.and_then(|index| routing.sections.get(index)), world, plan)
    }

    fn new(routing: &'w Routing, section: Option<&'w Section>, world: &World<'w>, plan: &'w Plan) -> Self {
        let found = landscape::serving(routing, world, plan);
        let gateway = found.gateway(world);
        let mut reading = landscape::read(routing, &gateway);
        if let Some(section) = section {
            let whole = std::mem::take(&mut reading.notes);
            reading = std::mem::take(&mut reading.sections).into_iter().nth(section.index).unwrap_or_default();
            // What is wrong with the object as a whole is told once.
            reading.notes.extend(whole.into_iter().filter(|_| section.index == 0));
        }
        let dialect = gateway.dialect.and_then(dialect::by_id);
        let repeats_all = dialect.and_then(|dialect| dialect.repeats_all(gateway.global));
        let timeline = Timeline::new(&reading.settings, repeats_all, &plan.facts);
        let config = found.entry.map_or(ConfigSource::Unknown, |entry| entry.config.clone());
        let basis = basis(&found, routing, &gateway);
        Self { routing, section, class: found.name, basis, gateway, config, reading, timeline }
    }

    /// What the object says at an address.
    #[must_use]
    pub fn text_at(&self, address: &Address) -> Option<&'w str> {
        match self.section {
            Some(section) => section.text_at(address),
            None => self.routing.annotation_at(address),
        }
    }

    /// The `ConfigMap` in which the document says that the global configuration stands.
    #[must_use]
    pub fn config_map(&self) -> Option<ObjectId> {
        match &self.config {
            ConfigSource::Named { namespace, name } => Some(ObjectId::new(Kind::ConfigMap, namespace, name)),
            ConfigSource::Unknown | ConfigSource::None => None,
        }
    }
}

fn basis(found: &Found<'_>, routing: &Routing, gateway: &Gateway<'_>) -> Basis {
    let is_gateway_route = routing.id.kind.is_gateway_route();
    match (found.entry, found.controller) {
        (Some(entry), _) if entry.is_assumed() => Basis::Assumed,
        (Some(_), _) => Basis::Policy,
        _ if routing.controller.is_some() => Basis::Kind,
        (None, Some(_)) if gateway.dialect.is_some() && is_gateway_route => Basis::GatewayClass,
        (None, Some(_)) if gateway.dialect.is_some() => Basis::IngressClass,
        (None, Some(controller)) => Basis::OtherController(controller.into()),
        (None, None) if is_gateway_route && found.name.is_some() => Basis::Untold,
        (None, None) if routing.class == ClassName::Unset => Basis::NoClass,
        (None, None) => Basis::Untold,
    }
}
