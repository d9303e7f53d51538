//! The F5 NGINX Ingress Controller (`nginx.org/ingress-controller`), v3.7.0 to v5.5.4.
//!
//! Sources: `internal/k8s/validation.go` (what it refuses), `internal/configs/annotations.go` and `config_params.go` (what it
//! reads, and its defaults) and `internal/configs/version1/nginx.ingress.tmpl` (what reaches NGINX). One value that it refuses takes
//! the whole object out of service, also one that was served until then. It has no webhook: only an Event tells.
//!
//! Its keys stand under `nginx.org/`, and those of NGINX Plus under `nginx.com/`. Whether it runs with NGINX Plus, with snippets or
//! with App Protect is said nowhere, so that what depends on it is not judged.

mod buffers;
mod config;
mod config_table;
mod connections;
mod fields;
mod grammar;
mod keys;
mod names;
mod notes;
mod page;
mod poison;
mod table;
mod virtual_server;

pub use page::page;

use crate::model::{
    Answers, Conditions, Gateway, Global, Labels, Note, NoteKind, Protocol, Provenance, RouteSettings, Routing, ServiceList,
    ServiceLists, Setting, Version,
};
use crate::object::{Address, Kind};
use crate::units::Duration;

use super::key::{Key, SaidBy, Source};
use super::{Dialect, Reading};

/// The F5 NGINX Ingress Controller.
pub struct F5Nginx;

impl Dialect for F5Nginx {
    fn id(&self) -> &'static str {
        "f5-nginx"
    }

    fn name(&self) -> &'static str {
        "F5 NGINX"
    }

    fn controllers(&self) -> &'static [&'static str] {
        &["nginx.org/ingress-controller"]
    }

    fn prefix(&self) -> &'static str {
        "nginx.org"
    }

    /// Without an endpoint it writes a server that refuses (`127.0.0.1:8181`), or none at all with NGINX Plus.
    fn answers(&self) -> Answers {
        Answers { refused: 502, unreachable: 504, no_endpoint: 502, invalid_backend: 502, too_slow: 504, wrong_protocol: 502 }
    }

    /// Every change of endpoints is a reload, and nobody measured how long that takes.
    fn endpoint_delay(&self) -> Option<Duration> {
        None
    }

    fn knows(&self, name: &str) -> bool {
        table::by_name(name).is_some()
    }

    fn merging_key(&self) -> Option<&'static str> {
        Some("mergeable-ingress-type")
    }

    /// `buildHostsAndResources` in `internal/k8s/configuration.go`: the oldest object that names a host has it.
    fn gives_whole_hosts(&self) -> bool {
        true
    }

    fn takes_target_ports(&self) -> bool {
        false
    }

    /// `getEndpointsForPortFromEndpointSlices` compares the name too, and a route by number has none either.
    fn takes_any_number(&self) -> bool {
        true
    }

    /// `getExternalEndpointsForIngressBackend` needs NGINX Plus, and `createUpstream` a resolver.
    fn routes_external_names(&self, global: Global<'_>) -> Option<bool> {
        match global {
            Global::None => Some(false),
            Global::Known(texts) if texts.get("resolver-addresses").is_none_or(str::is_empty) => Some(false),
            Global::Known(_) | Global::Unknown => None,
        }
    }

    fn reads(&self) -> &'static [Kind] {
        &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass, Kind::VirtualServer, Kind::VirtualServerRoute]
    }

    /// The `ConfigMap` says nothing of retries.
    fn repeats_all(&self, _: Global<'_>) -> Option<bool> {
        Some(false)
    }

    fn client_idle(&self, global: Global<'_>) -> Setting<Duration> {
        connections::client_idle(global)
    }

    fn upstream_idle(&self, routing: &Routing, gateway: &Gateway<'_>) -> Setting<Duration> {
        // Each upstream says it for itself.
        if routing.controller.is_some() {
            return Setting::unknown();
        }
        let source = Source { routing, gateway, notes: Vec::new() };
        connections::upstream_idle(&source, Role::of(&source), &services(&source))
    }

    fn read_global(&self, texts: &Labels, gateway: &Gateway<'_>) -> Vec<Note> {
        config::read(texts, gateway)
    }

    fn read(&self, routing: &Routing, gateway: &Gateway<'_>) -> Reading {
        if routing.controller.is_some() {
            return virtual_server::read(routing, gateway);
        }
        let mut source = Source { routing, gateway, notes: Vec::new() };
        let role = Role::of(&source);
        let services = services(&source);
        notes::read(&mut source, role, &services);
        let header_buffer = role.setting(&mut source, &keys::BUFFER_SIZE);
        if routing.service_names().any(|name| services.protocol_of(name).is_some_and(|protocol| !protocol.is_grpc())) {
            buffers::note(&mut source, role, &header_buffer);
        }
        let mut settings = RouteSettings {
            connect: role.setting(&mut source, &keys::CONNECT_TIMEOUT),
            send: role.setting(&mut source, &keys::SEND_TIMEOUT),
            read: role.setting(&mut source, &keys::READ_TIMEOUT),
            request: Setting::unknown(),
            retry_conditions: of_retries(&mut source, role, &keys::NEXT_UPSTREAM),
            retry_tries: of_retries(&mut source, role, &keys::NEXT_UPSTREAM_TRIES),
            retry_timeout: of_retries(&mut source, role, &keys::NEXT_UPSTREAM_TIMEOUT),
            protocol: protocol(routing, &services),
            header_buffer,
            body_limit: connections::body_limit(&source, role),
            upstream_idle: connections::upstream_idle(&source, role, &services),
            services: Some(Box::new(services)),
            ends_with_endpoints: true,
            // Only this very word; any other one is refused, or means no.
            cluster_ip: source.quiet("use-cluster-ip", SaidBy::Annotation, |text| Some(text == "true"), false),
            ..RouteSettings::default()
        };
        limit_to_protocol(&mut settings);
        let mut reading = Reading { settings, notes: source.notes, ..Reading::default() };
        keep_what_counts(&mut reading);
        reading
    }
}

/// What is refused never reaches NGINX.
fn keep_what_counts(whole: &mut Reading) {
    let mut notes = whole.sections.iter().flat_map(|own| &own.notes).chain(&whole.notes);
    let is_refused = notes.any(|note| matches!(note.kind, NoteKind::Rejected { .. }));
    if is_refused {
        let lists = whole.sections.iter_mut().map(|own| &mut own.notes).chain([&mut whole.notes]);
        lists.for_each(|notes| notes.retain(|note| !matches!(note.kind, NoteKind::Poison { .. })));
    }
}

/// What an object is among those that share a host.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Role {
    /// It has its hosts to itself.
    Alone,
    /// It says what holds for the host, and has no paths.
    Master,
    /// It has paths, and takes from the master what it does not say itself.
    Minion,
}

impl Role {
    fn of(source: &Source<'_>) -> Self {
        match source.text("mergeable-ingress-type") {
            Some("master") => Self::Master,
            Some("minion") => Self::Minion,
            _ => Self::Alone,
        }
    }

    /// The setting that a key feeds; unknown where the master may say it.
    fn setting<T: std::fmt::Display>(self, source: &mut Source<'_>, key: &'static Key<T>) -> Setting<T> {
        if self == Self::Minion && source.text(key.name).is_none() {
            let address = Address::Key { prefix: source.gateway.prefix.clone(), name: key.name };
            return Setting::unknown().writable(address, key.encode);
        }
        source.setting(key)
    }
}

/// One of the settings of retries, which no version before v5.4.0 has, and which no minion takes from its master.
fn of_retries<T: std::fmt::Display>(source: &mut Source<'_>, role: Role, key: &'static Key<T>) -> Setting<T> {
    const SINCE: Version = Version(5, 4, 0);
    match source.gateway.version {
        _ if role == Role::Master => Setting::unknown(),
        Some(version) if version < SINCE => Setting::from((key.default)(), Provenance::GatewayDefault),
        None if source.text(key.name).is_some() => {
            let address = Address::Key { prefix: source.gateway.prefix.clone(), name: key.name };
            Setting::unknown().writable(address, key.encode)
        }
        _ => source.setting(key),
    }
}

/// The lists of Services. gRPC needs HTTP/2, which the `ConfigMap` switches on; without it the list is dropped.
fn services(source: &Source<'_>) -> ServiceLists {
    let list = |name: &'static str| {
        let names = source.text(name).into_iter().flat_map(|text| text.split(',')).map(Into::into);
        ServiceList { address: Address::Key { prefix: source.gateway.prefix.clone(), name }, names: names.collect() }
    };
    let has_grpc = match source.gateway.global {
        Global::None => Some(false),
        Global::Unknown => None,
        Global::Known(texts) => Some(texts.get("http2").is_some_and(grammar::is_true)),
    };
    ServiceLists { tls: list("ssl-services"), grpc: list("grpc-services"), has_grpc }
}

/// What is spoken to all Services, or to most: where they differ, the lists tell.
fn protocol(routing: &Routing, services: &ServiceLists) -> Setting<Protocol> {
    let mut spoken = routing.service_names().map(|name| (services.protocol_of(name), services.address_of(name)));
    let default = || Setting::from(Protocol::Http, Provenance::GatewayDefault);
    let Some((first, address)) = spoken.next() else { return default() };
    let is_same = spoken.all(|(other, _)| other == first);
    match (first, address) {
        (Some(Protocol::Http), _) => default(),
        _ if !is_same => default(),
        (None, _) => Setting::presumed(Protocol::Http),
        (Some(protocol), Some(address)) => Setting::written(protocol, address.clone()),
        (Some(protocol), None) => Setting::from(protocol, Provenance::GatewayDefault),
    }
}

/// The template writes the conditions of retries and the limit of bodies for `proxy_pass` only: for gRPC, NGINX's own hold.
fn limit_to_protocol(settings: &mut RouteSettings) {
    match settings.protocol.value() {
        Some(protocol) if protocol.is_grpc() => {
            settings.retry_conditions = Setting::from(Conditions::parse("error timeout"), Provenance::GatewayDefault);
            settings.retry_tries = Setting::from(0, Provenance::GatewayDefault);
            settings.retry_timeout = Setting::from(Duration::ZERO, Provenance::GatewayDefault);
            settings.body_limit = Setting::from(connections::BODY, Provenance::GatewayDefault);
        }
        Some(_) => {}
        None => {
            settings.retry_conditions = unless_written(&settings.retry_conditions);
            settings.retry_tries = unless_written(&settings.retry_tries);
            settings.retry_timeout = unless_written(&settings.retry_timeout);
            settings.body_limit = unless_written(&settings.body_limit);
        }
    }
}

/// A default that holds for every protocol; what is written holds for some only.
fn unless_written<T: Clone>(setting: &Setting<T>) -> Setting<T> {
    if setting.is_written() { Setting::unknown() } else { Setting { writing: None, ..setting.clone() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_disjoint() {
        assert!(table::ROWS.is_sorted_by(|a, b| a.name < b.name));
        assert!(table::FOREIGN.is_sorted_by(|a, b| a.name < b.name));
        assert!(names::WITHOUT_EFFECT.is_sorted_by_key(|(name, _)| *name));
        for (name, _) in names::WITHOUT_EFFECT {
            assert!(table::by_name(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_key_agrees_with_its_row() {
        let rows = |name: &str| table::by_name(name).map(|row| (row.default, row.is_global)).unwrap();
        for key in [&keys::CONNECT_TIMEOUT, &keys::SEND_TIMEOUT, &keys::READ_TIMEOUT] {
            assert_eq!(rows(key.name), ("60s", key.is_global), "{}", key.name);
        }
        for key in [&keys::BUFFER_SIZE, &keys::MAX_TEMP_FILE_SIZE] {
            assert_eq!(rows(key.name), (&*(key.default)().to_string(), key.is_global), "{}", key.name);
        }
        assert_eq!(rows(keys::BUFFERS.name), (&*(keys::BUFFERS.default)().to_string(), keys::BUFFERS.is_global));
        assert_eq!(
            rows(keys::NEXT_UPSTREAM.name),
            (&*(keys::NEXT_UPSTREAM.default)().to_string(), keys::NEXT_UPSTREAM.is_global)
        );
        assert_eq!(rows(keys::NEXT_UPSTREAM_TRIES.name), ("0", keys::NEXT_UPSTREAM_TRIES.is_global));
        assert_eq!(rows(keys::NEXT_UPSTREAM_TIMEOUT.name), ("0", keys::NEXT_UPSTREAM_TIMEOUT.is_global));
    }

    #[test]
    fn the_list_of_plus_is_complete() {
        let plus = table::FOREIGN.iter().filter_map(|row| row.name.strip_prefix(names::PLUS));
        for name in plus {
            assert!(names::UNDER_PLUS.contains(name), "{name}");
        }
    }
}
