//! Who serves a route: from the policy document and the ingress classes to a gateway, and from there to its settings.

use std::sync::Arc;

use super::plan::Plan;
use crate::dialect::{self, Dialect, Reading};
use crate::inventory::World;
use crate::model::{
    Answers, BadBackend, ClassName, ConfigMap, Container, Gateway, Global, Listeners, Note, Routing, Setting, Site, Version,
    Workload,
};
use crate::object::ObjectId;
use crate::policy::{ConfigSource, GatewayEntry};
use crate::units::Duration;

/// What a gateway that nobody knows answers, as most do.
const USUAL: Answers =
    Answers { refused: 502, unreachable: 504, no_endpoint: 503, invalid_backend: 503, too_slow: 504, wrong_protocol: 502 };

/// What a gateway answers to a route of the Gateway API that leads to what is not there: the conformance tests ask for it.
const INVALID_BACKEND: u16 = 500;

/// What is known of who serves a class.
pub(super) struct Found<'w> {
    /// The name of the class; `None` where nobody says it.
    pub(super) name: Option<&'w str>,
    /// The controller that the class names, where the class is there.
    pub(super) controller: Option<&'w str>,
    /// What the document says of it.
    pub(super) entry: Option<&'w GatewayEntry>,
    dialect: Option<&'static dyn Dialect>,
    /// The `Gateway` that a route of the Gateway API hangs on, where it hangs on one alone.
    object: Option<&'w ObjectId>,
}

/// Looks for who serves a class.
///
/// The document decides. Where it only assumes (the standalone document does), an `IngressClass` that says otherwise
/// wins; where it says nothing, the `IngressClass` alone decides. A class name proves nothing by itself.
pub(super) fn find<'w>(class: &'w ClassName, world: &World<'w>, plan: &'w Plan) -> Found<'w> {
    let object = match class {
        ClassName::Named(name) => world.class(name),
        ClassName::Unset => world.default_class(),
    };
    let name = match class {
        ClassName::Named(name) => Some(&**name),
        ClassName::Unset => object.map(|class| &*class.id.name),
    };
    named(name, object.map(|class| &*class.controller), plan)
}

/// Who serves a class of this name and controller.
fn named<'w>(name: Option<&'w str>, controller: Option<&'w str>, plan: &'w Plan) -> Found<'w> {
    let by_class = controller.map(dialect::by_controller);
    let entry = plan.document.gateways.iter().find(|entry| Some(&*entry.class) == name);
    let entry = entry.filter(|entry| {
        !entry.is_assumed() || by_class.is_none_or(|dialect| dialect.is_some_and(|dialect| dialect.id() == &*entry.dialect))
    });
    let dialect = entry.map_or(by_class.flatten(), |entry| dialect::by_id(&entry.dialect));
    Found { name, controller, entry, dialect, object: None }
}

impl<'w> Found<'w> {
    /// The gateway.
    pub(super) fn gateway(&self, world: &World<'w>) -> Gateway<'w> {
        let gateway = self.dialect.map_or_else(unknown, |dialect| known(dialect, self.entry, world));
        Gateway { object: self.object, ..gateway }
    }
}

/// Whether somebody wrote into the document who serves the class of this name.
pub(super) fn is_told(class: &str, plan: &Plan) -> bool {
    plan.document.gateways.iter().any(|entry| *entry.class == *class && !entry.is_assumed())
}

/// Whether a controller of this name is one whose ways are known.
pub(super) fn knows_controller(controller: &str) -> bool {
    dialect::by_controller(controller).is_some()
}

/// The gateway whose global configuration this `ConfigMap` is, as the document says, and the classes that it serves.
pub(super) fn configured<'w>(config: &ObjectId, world: &World<'w>, plan: &'w Plan) -> Option<(Gateway<'w>, Vec<&'w str>)> {
    let is_it = |entry: &&GatewayEntry| match &entry.config {
        ConfigSource::Named { namespace, name } => **namespace == *config.namespace && **name == *config.name,
        ConfigSource::Unknown | ConfigSource::None => false,
    };
    let entries = || plan.document.gateways.iter().filter(is_it);
    let first = entries().next()?;
    let classes = entries().filter(|entry| entry.dialect == first.dialect).map(|entry| &*entry.class).collect();
    Some((known(dialect::by_id(&first.dialect)?, Some(first), world), classes))
}

/// What is wrong with the global configuration of a gateway.
pub(super) fn read_global(config: &ConfigMap, gateway: &Gateway<'_>) -> Vec<Note> {
    gateway.dialect.and_then(dialect::by_id).map(|dialect| dialect.read_global(&config.data, gateway)).unwrap_or_default()
}

/// How long a gateway keeps the connection of a client on which nothing moves.
pub(super) fn client_idle(gateway: &Gateway<'_>) -> Setting<Duration> {
    gateway.dialect.and_then(dialect::by_id).map(|dialect| dialect.client_idle(gateway.global)).unwrap_or_default()
}

/// How long a gateway keeps an idle connection to the backends of an object.
pub(super) fn upstream_idle(routing: &Routing, gateway: &Gateway<'_>) -> Setting<Duration> {
    gateway.dialect.and_then(dialect::by_id).map(|dialect| dialect.upstream_idle(routing, gateway)).unwrap_or_default()
}

/// Looks for who serves an object. Where only one controller reads objects of its kind, that one does, whatever the class is
/// called, and what the document says of it holds.
pub(super) fn serving<'w>(routing: &'w Routing, world: &World<'w>, plan: &'w Plan) -> Found<'w> {
    if routing.id.kind.is_gateway_route() {
        return above(routing, world, plan);
    }
    let found = find(&routing.class, world, plan);
    let Some(dialect) = routing.controller.and_then(dialect::by_controller) else { return found };
    let is_own = |entry: &&GatewayEntry| *entry.dialect == *dialect.id();
    if routing.class != ClassName::Unset {
        return Found { entry: found.entry.filter(is_own), dialect: Some(dialect), ..found };
    }
    // The default class is for Ingresses. Without a class, all controllers of the kind serve the object.
    let mut own = plan.document.gateways.iter().filter(is_own);
    let entry = own.next().filter(|_| own.next().is_none());
    Found { name: entry.map(|entry| &*entry.class), controller: None, entry, dialect: Some(dialect), object: None }
}

/// Looks for who serves a route of the Gateway API: by the class of what it hangs on. Where that are several that differ, nobody
/// can tell.
fn above<'w>(routing: &'w Routing, world: &World<'w>, plan: &'w Plan) -> Found<'w> {
    let of_gateway = |gateway: &'w Listeners| {
        let name = Some(&*gateway.class).filter(|name| !name.is_empty());
        let controller = name.and_then(|name| world.gateway_class(name)).map(|class| &*class.controller);
        Found { object: Some(&gateway.id), ..named(name, controller, plan) }
    };
    let mut all = routing.parents.iter().map(|parent| world.gateway_of(parent).map(of_gateway));
    let nobody = Found { name: None, controller: None, entry: None, dialect: None, object: None };
    let Some(first) = all.next().flatten() else { return nobody };
    let id = |found: &Found<'_>| found.dialect.map(Dialect::id);
    let mut found = Found { ..first };
    for other in all {
        let Some(other) = other.filter(|other| id(other) == id(&found)) else { return nobody };
        found.object = found.object.filter(|own| other.object == Some(own));
        // Two classes of one implementation may differ in all that is said of them.
        if other.name != found.name {
            found = Found { name: None, controller: None, entry: None, ..found };
        }
    }
    found
}

/// The gateway that serves an object.
pub(super) fn gateway<'w>(routing: &'w Routing, world: &World<'w>, plan: &'w Plan) -> Gateway<'w> {
    let gateway = serving(routing, world, plan).gateway(world);
    if gateway.dialect.is_some() || !routing.id.kind.is_gateway_route() {
        return gateway;
    }
    // Whoever it is: the API says so much of all of them.
    let answers = Answers { invalid_backend: INVALID_BACKEND, ..gateway.answers };
    Gateway { answers, takes_target_ports: Some(false), ..gateway }
}

fn known<'w>(dialect: &'static dyn Dialect, entry: Option<&'w GatewayEntry>, world: &World<'w>) -> Gateway<'w> {
    let global = match entry.map(|entry| &entry.config) {
        Some(ConfigSource::None) => Global::None,
        Some(ConfigSource::Named { namespace, name }) => {
            world.config(namespace, name).map_or(Global::Unknown, |config| Global::Known(&config.data))
        }
        Some(ConfigSource::Unknown) | None => Global::Unknown,
    };
    let version = entry.and_then(|entry| entry.version.or_else(|| running_version(dialect, entry, world)));
    let mut gateway = dialect.gateway(version, global);
    if let Some(prefix) = entry.and_then(|entry| entry.prefix.as_deref()) {
        gateway.prefix = prefix.into();
    }
    gateway.namespace = entry.and_then(own_namespace);
    gateway.next = entry.and_then(|entry| dialect::by_id(entry.next.as_deref()?)).map(Dialect::id);
    gateway
}

/// The namespace of its own pods, as the document tells it: by itself, or as that of its global configuration.
fn own_namespace(entry: &GatewayEntry) -> Option<&str> {
    let of_config = match &entry.config {
        ConfigSource::Named { namespace, .. } => Some(&**namespace),
        ConfigSource::Unknown | ConfigSource::None => None,
    };
    entry.namespace.as_deref().or(of_config)
}

/// The version in the image that its own pods run; `None` where they are not seen, or run several.
fn running_version(dialect: &'static dyn Dialect, entry: &GatewayEntry, world: &World<'_>) -> Option<Version> {
    let namespace = own_namespace(entry)?;
    let mut own = world.workloads_labelled(namespace, dialect.pod_labels());
    let version = own.next()?.containers.first()?.image_version();
    own.all(|other| other.containers.first().and_then(Container::image_version) == version).then_some(version)?
}

fn unknown<'w>() -> Gateway<'w> {
    Gateway {
        dialect: None,
        name: "the gateway",
        version: None,
        prefix: Arc::default(),
        global: Global::Unknown,
        answers: USUAL,
        takes_target_ports: None,
        takes_any_number: false,
        merging_key: None,
        gives_whole_hosts: false,
        routes_external_names: None,
        next: None,
        endpoint_delay: None,
        matching: None,
        reads_app_protocol: None,
        tls_words: None,
        namespace: None,
        object: None,
        pod_labels: &[],
        policies: None,
        has_experimental_channel: false,
        bad_backend: BadBackend::Fails,
        answering_key: None,
        site: Site::Cluster,
    }
}

/// Whether the document says that gateways run in a namespace.
pub(super) fn has_gateways(namespace: &str, plan: &Plan) -> bool {
    plan.document.gateways.iter().any(|entry| own_namespace(entry) == Some(namespace))
}

/// Whether a workload carries the labels of a gateway's own pods.
fn carries(workload: &Workload, dialect: &dyn Dialect) -> bool {
    let labels = dialect.pod_labels();
    !labels.is_empty() && labels.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
}

/// The name of the gateway whose own pods these are: in the namespace that the document gives, with the labels that such
/// pods carry. None where that is not certain.
pub(super) fn own_gateway(workload: &Workload, plan: &Plan) -> Option<&'static str> {
    let here = |entry: &&GatewayEntry| own_namespace(entry) == Some(&*workload.id.namespace);
    let dialects = plan.document.gateways.iter().filter(here).filter_map(|entry| dialect::by_id(&entry.dialect));
    dialects.filter(|dialect| carries(workload, *dialect)).map(Dialect::name).next()
}

/// What holds for the routes of an object, without what was noticed on the way.
pub(super) fn settings(routing: &Routing, gateway: &Gateway<'_>) -> Reading {
    gateway.dialect.and_then(dialect::by_id).map(|dialect| dialect.settings(routing, gateway)).unwrap_or_default()
}

/// What holds for the routes of an object under its gateway.
pub(super) fn read(routing: &Routing, gateway: &Gateway<'_>) -> Reading {
    let Some(dialect) = gateway.dialect.and_then(dialect::by_id) else { return Reading::default() };
    let mut reading = dialect.read(routing, gateway);
    dialect::read_others(dialect, routing, gateway, &mut reading.notes);
    reading
}
