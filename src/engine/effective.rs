//! What holds for the routes of one object, whoever says it, and what that comes to.

use super::landscape::{self, Found};
use super::plan::Plan;
use super::timeline::Timeline;
use crate::dialect::{self, Reading};
use crate::inventory::World;
use crate::model::{ClassName, Gateway, Routing};
use crate::object::{Kind, ObjectId};
use crate::policy::ConfigSource;

/// How the gateway of a class is known, or why it is not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Basis {
    /// The policy document says it.
    Policy,
    /// There is no policy document, and the name of the class is taken for it.
    Assumed,
    /// An `IngressClass` names its controller.
    IngressClass,
    /// The object names no class, and there is no default class, or more than one.
    NoClass,
    /// Neither the document nor an `IngressClass` tells who serves the class.
    Untold,
    /// The `IngressClass` names a controller that no502 does not read.
    OtherController(Box<str>),
}

/// What holds for the routes of one object.
#[derive(Debug)]
pub struct Effective<'w> {
    /// The object.
    pub routing: &'w Routing,
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
    /// What holds for the routes of an object in this world.
    #[must_use]
    pub fn new(routing: &'w Routing, world: &World<'w>, plan: &'w Plan) -> Self {
        let found = landscape::find(&routing.class, world, plan);
        let gateway = found.gateway(world);
        let reading = landscape::read(routing, &gateway);
        let dialect = gateway.dialect.and_then(dialect::by_id);
        let repeats_all = dialect.and_then(|dialect| dialect.repeats_all(gateway.global));
        let timeline = Timeline::new(&reading.settings, repeats_all, &plan.facts);
        let config = found.entry.map_or(ConfigSource::Unknown, |entry| entry.config.clone());
        Self { routing, class: found.name, basis: basis(&found, &routing.class, &gateway), gateway, config, reading, timeline }
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

fn basis(found: &Found<'_>, class: &ClassName, gateway: &Gateway<'_>) -> Basis {
    match (found.entry, found.object) {
        (Some(entry), _) if entry.is_assumed() => Basis::Assumed,
        (Some(_), _) => Basis::Policy,
        (None, Some(_)) if gateway.dialect.is_some() => Basis::IngressClass,
        (None, Some(object)) => Basis::OtherController(object.controller.clone()),
        (None, None) if *class == ClassName::Unset => Basis::NoClass,
        (None, None) => Basis::Untold,
    }
}
