//! What the F5 controller does with connections and bodies.

use serde_json::Value;

use super::super::key::{SaidBy, Source, global_text};
use super::super::nginx::offset;
use super::Role;
use crate::model::{Gateway, Global, Provenance, ServiceLists, Setting, Version};
use crate::object::Address;
use crate::units::{Duration, Size, nginx_time};

/// How much of a body NGINX takes where nobody says it, and always for gRPC.
pub(super) const BODY: Size = Size::from_bytes(1 << 20);

/// How long a client's idle connection is kept. What clients are told of it may stand behind.
pub(super) fn client_idle(global: Global<'_>) -> Setting<Duration> {
    let name = "keepalive-timeout";
    let kept = |text: &str| nginx_time(text.split_whitespace().next()?).ok();
    let setting = global_text(global, name, SaidBy::Global, kept, Duration::from_secs(75));
    setting.writable(Address::Data(name.into()), |span| format!("{}s", span.as_secs_ceil()).into())
}

/// How large the body of a request may be; unknown where the master may say it.
pub(super) fn body_limit(source: &Source<'_>, role: Role) -> Setting<Size> {
    let name = "client-max-body-size";
    let address = Address::Key { prefix: source.gateway.prefix.clone(), name };
    let setting = if role == Role::Minion && source.text(name).is_none() {
        Setting::unknown()
    } else {
        source.quiet(name, SaidBy::Both, |text| offset(text.trim()), BODY)
    };
    setting.writable(address, |size| -> Value { size.to_string().into() })
}

/// How long an idle connection to a pod is kept: NGINX's own 60 s, where `keepalive` is above 0. The lines for WebSockets end each
/// connection after its answer.
pub(super) fn upstream_idle(source: &Source<'_>, role: Role, services: &ServiceLists) -> Setting<Duration> {
    if role != Role::Alone {
        return Setting::unknown();
    }
    let is_websocket = |name: &str| source.text("websocket-services").is_some_and(|text| text.split(',').any(|own| own == name));
    let is_http = |name: &str| services.protocol_of(name).is_some_and(|protocol| !protocol.is_grpc());
    let mut names = source.routing.service_names().peekable();
    if names.peek().is_some() && names.all(|name| is_websocket(name) && is_http(name)) {
        let address = Address::Key { prefix: source.gateway.prefix.clone(), name: "websocket-services" };
        return Setting::written(Duration::ZERO, address);
    }
    idle(source.quiet("keepalive", SaidBy::Both, |text| text.parse::<i64>().ok(), 0), source.gateway)
}

/// How long an idle connection to a pod is kept, by how many of them are.
pub(super) fn idle(kept: Setting<i64>, gateway: &Gateway<'_>) -> Setting<Duration> {
    /// The first version with an NGINX (1.29.7) that keeps connections unasked. NGINX Plus may have an older one.
    const UNASKED: Version = Version(5, 4, 1);
    let is_unasked = gateway.version.is_none_or(|version| version >= UNASKED);
    match (kept.known, kept.presumed) {
        (Some((1.., _)), _) => Setting::from(Duration::from_secs(60), Provenance::GatewayDefault),
        (Some((_, provenance)), _) if !is_unasked => Setting::from(Duration::ZERO, provenance),
        (None, Some(_)) if !is_unasked => Setting::presumed(Duration::ZERO),
        _ => Setting::unknown(),
    }
}
