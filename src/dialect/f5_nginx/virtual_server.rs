//! `VirtualServer` and `VirtualServerRoute`: routes with named upstreams, each with settings of its own.
//!
//! Sources: `pkg/apis/configuration/validation/virtualserver.go` (what the controller refuses, and the whole object with it),
//! `internal/configs/virtualserver.go` and `internal/configs/version2/nginx.virtualserver.tmpl` (what reaches NGINX). What only
//! NGINX Plus knows is taken, since nobody tells the edition.

use std::fmt::Display;

use serde_json::Value;

use super::super::Reading;
use super::super::key::{Key, Read, SaidBy, Source, global_text};
use super::super::nginx::offset;
use super::buffers::{self, Busy};
use super::connections::{BODY, idle};
use super::fields;
use super::grammar::is_true;
use super::keep_what_counts;
use super::keys::{self, Buffers};
use crate::model::{
    Conditions, Gateway, Global, Note, NoteKind, Protocol, Provenance, Rejection, RouteSettings, Routing, Section, Setting,
};
use crate::object::{Address, Kind};
use crate::units::nginx_size;

/// One upstream, while it is read.
pub(super) struct Own<'u> {
    pub(super) upstream: &'u Section,
    pub(super) source: Source<'u>,
}

pub(super) fn read(routing: &Routing, gateway: &Gateway<'_>) -> Reading {
    let notes = fields::of_routes(routing).collect();
    let upstreams = routing.sections.iter().map(|upstream| {
        let own = Own { upstream, source: Source { routing, gateway, notes: Vec::new() } };
        let notes = fields::of_upstream(upstream, routing).into_iter().chain(unfit_buffers(&own)).collect();
        Reading { settings: settings(&own), notes, ..Reading::default() }
    });
    let mut whole = Reading { notes, sections: upstreams.collect(), ..Reading::default() };
    keep_what_counts(&mut whole);
    if routing.id.kind == Kind::VirtualServerRoute {
        let notes = whole.sections.iter_mut().flat_map(|own| &mut own.notes).chain(&mut whole.notes);
        notes.for_each(leave_out);
    }
    whole
}

/// The host of a `VirtualServerRoute` is that of a `VirtualServer`, which goes on without it.
fn leave_out(note: &mut Note) {
    if let NoteKind::Rejected { effect, .. } = &mut note.kind
        && let Rejection::Removed(status) = *effect
    {
        *effect = Rejection::LeftOut(status);
    }
}

/// Where the fields of an upstream stand.
pub(super) const FIELD: &str = "/spec/upstreams/{}/";

impl Own<'_> {
    /// The setting that a field feeds, or else the key of the `ConfigMap` whose grammar it shares.
    fn setting<T: Display>(&self, template: &'static str, key: &'static Key<T>, encode: fn(&T) -> Value) -> Setting<T> {
        let address = Address::item(template, self.upstream.index);
        let setting = match self.upstream.text_at(&address).map(key.read) {
            None => self.source.global(key),
            Some(Read::Value(value)) => Setting::written(value, address.clone()),
            Some(Read::Ignored | Read::Poison(_) | Read::Unknown) => Setting::unknown(),
        };
        setting.writable(address, encode)
    }

    /// The setting that a field feeds which has a key of its own name in the `ConfigMap`, and is judged elsewhere.
    fn quiet<T: Display>(&self, template: &'static str, read: fn(&str) -> Option<T>, default: T) -> Setting<T> {
        let address = Address::item(template, self.upstream.index);
        let global = || {
            let name = template.strip_prefix(FIELD).unwrap_or(template);
            global_text(self.source.gateway.global, name, SaidBy::Global, read, default)
        };
        let written = |text| read(text).map_or_else(Setting::unknown, |value| Setting::written(value, address.clone()));
        let setting = self.upstream.text_at(&address).map_or_else(global, written);
        setting.writable(address, |value| value.to_string().into())
    }
}

fn settings(own: &Own<'_>) -> RouteSettings {
    let settings = RouteSettings {
        connect: own.setting("/spec/upstreams/{}/connect-timeout", &keys::CONNECT_TIMEOUT, keys::CONNECT_TIMEOUT.encode),
        send: own.setting("/spec/upstreams/{}/send-timeout", &keys::SEND_TIMEOUT, keys::SEND_TIMEOUT.encode),
        read: own.setting("/spec/upstreams/{}/read-timeout", &keys::READ_TIMEOUT, keys::READ_TIMEOUT.encode),
        protocol: protocol(own.upstream),
        header_buffer: own.setting("/spec/upstreams/{}/buffer-size", &keys::BUFFER_SIZE, keys::BUFFER_SIZE.encode),
        body_limit: own.quiet("/spec/upstreams/{}/client-max-body-size", |text| offset(text.trim()), BODY),
        upstream_idle: idle(own.quiet("/spec/upstreams/{}/keepalive", |text| text.parse().ok(), 0), own.source.gateway),
        ends_with_endpoints: true,
        cluster_ip: cluster_ip(own.upstream),
        // The template hands on Upgrade on every location that is not gRPC.
        upgrades: Setting::from(true, Provenance::GatewayDefault),
        client_http2: client_http2(own.source.gateway.global),
        ..RouteSettings::default()
    };
    if fields::has_one_server(own.upstream) {
        // Behind the one address of a Service there is no other server to try.
        let off = Setting::from(Conditions::parse("off"), Provenance::GatewayDefault);
        return RouteSettings { retry_conditions: off, ..settings };
    }
    RouteSettings {
        retry_conditions: own.setting("/spec/upstreams/{}/next-upstream", &keys::NEXT_UPSTREAM, keys::NEXT_UPSTREAM.encode),
        retry_tries: own.setting("/spec/upstreams/{}/next-upstream-tries", &keys::NEXT_UPSTREAM_TRIES, |tries| (*tries).into()),
        retry_timeout: own.setting(
            "/spec/upstreams/{}/next-upstream-timeout",
            &keys::NEXT_UPSTREAM_TIMEOUT,
            keys::NEXT_UPSTREAM_TIMEOUT.encode,
        ),
        ..settings
    }
}

/// What is spoken to the pods: `type` says whether it is gRPC, and `tls.enable` whether it runs over TLS.
fn protocol(upstream: &Section) -> Setting<Protocol> {
    let is_tls = upstream.text("tls/enable").is_some_and(is_true);
    let (protocol, template) = match (upstream.text("type"), is_tls) {
        (None | Some("http"), false) => return Setting::from(Protocol::Http, Provenance::GatewayDefault),
        (None | Some("http"), true) => (Protocol::Https, "/spec/upstreams/{}/tls/enable"),
        (Some("grpc"), false) => (Protocol::Grpc, "/spec/upstreams/{}/type"),
        (Some("grpc"), true) => (Protocol::Grpcs, "/spec/upstreams/{}/type"),
        (Some(_), _) => return Setting::unknown(),
    };
    Setting::written(protocol, Address::item(template, upstream.index))
}

/// Whether the Service itself is the one server of an upstream.
fn cluster_ip(upstream: &Section) -> Setting<bool> {
    match upstream.text("use-cluster-ip") {
        None => Setting::from(false, Provenance::GatewayDefault),
        Some(text) => Setting::written(is_true(text), Address::item("/spec/upstreams/{}/use-cluster-ip", upstream.index)),
    }
}

fn client_http2(global: Global<'_>) -> Setting<bool> {
    const KEY: &str = "http2";
    match global {
        Global::Unknown => Setting::unknown(),
        Global::None => Setting::from(false, Provenance::GatewayDefault),
        Global::Known(texts) => match texts.get(KEY) {
            None => Setting::from(false, Provenance::GatewayDefault),
            Some(text) => Setting::from(is_true(text), Provenance::Global(KEY)),
        },
    }
}

/// Buffers that cannot stand together, which NGINX refuses for all objects.
fn unfit_buffers(own: &Own<'_>) -> Option<Note> {
    const CULPRITS: [&str; 4] = ["busy-buffers-size", "buffer-size", "buffers/size", "buffers/number"];
    let (upstream, source) = (own.upstream, &own.source);
    // A line of the author's own may set what no field says.
    let is_open = upstream.has_snippets || buffers::global_snippets(source.gateway.global).any(buffers::is_about_buffers);
    // The routes of a VirtualServerRoute stand in the server of a VirtualServer, whose lines are not at hand.
    let is_open = is_open || source.routing.id.kind == Kind::VirtualServerRoute;
    if is_open || !fields::has_location(upstream, source.routing) || upstream.text("type") == Some("grpc") {
        return None;
    }
    let culprit = CULPRITS.into_iter().find(|field| upstream.text(field).is_some())?;
    let head = own.setting("/spec/upstreams/{}/buffer-size", &keys::BUFFER_SIZE, keys::BUFFER_SIZE.encode);
    let buffers = match (upstream.text("buffers/number"), upstream.text("buffers/size")) {
        (None, None) => source.global(&keys::BUFFERS).value().copied(),
        (number, size) => Some(Buffers { number: number?.parse().ok()?, one: nginx_size(size?).ok()? }),
    };
    let busy = match (upstream.text("busy-buffers-size"), source.gateway.global) {
        (Some(text), _) => Busy::Is(nginx_size(text).ok()?),
        (None, Global::Unknown) => return None,
        (None, Global::Known(texts)) => match texts.get(keys::BUSY_BUFFERS_SIZE.name) {
            Some(text) => Busy::Is(nginx_size(text).ok()?),
            None => Busy::Two,
        },
        (None, Global::None) => Busy::Two,
    };
    let temp = source.global(&keys::MAX_TEMP_FILE_SIZE);
    let fault = buffers::fault(head.value(), buffers.as_ref(), Some(busy), temp.value())?;
    let lines: Vec<String> = fault.lines.iter().map(|(key, value)| line(key, value)).collect();
    Some(fields::note(upstream, culprit, |written| fault.with(written, &lines)))
}

/// A line of buffers as an upstream has it; what is the `ConfigMap`'s alone stays as it is there.
fn line(key: &str, value: &str) -> String {
    match (key, value.split_once(' ')) {
        ("proxy-buffers", Some((number, size))) => format!("buffers: {{number: {number}, size: {size}}}"),
        ("proxy-buffer-size" | "proxy-busy-buffers-size", _) => {
            format!("{}: {value}", key.strip_prefix("proxy-").unwrap_or(key))
        }
        _ => format!("{key}: \"{value}\" in the ConfigMap"),
    }
}
