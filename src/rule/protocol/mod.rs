//! Do both ends speak the same?

pub mod backend_protocol_mismatch;
pub mod grpc_unreachable;
pub mod mesh_mtls_excludes_gateway;
pub mod upstream_tls_unverifiable;
pub mod websocket_cut_short;

use crate::inventory::Attached;
use crate::model::{Backend, BackendTlsPolicy, Protocol, Service, ServicePort};
use crate::rule::RouteCase;

/// The port that the route leads to.
fn port<'c>(case: &RouteCase<'c>) -> Option<(&'c Service, &'c ServicePort)> {
    let Backend::Service { port: wanted, .. } = &case.route.backend else { return None };
    let service = case.service?;
    let takes_targets = case.of.gateway.takes_target_ports == Some(true);
    let by_target = || if takes_targets { service.port_by_target(wanted) } else { None };
    Some((service, service.port(wanted).or_else(by_target)?))
}

/// What the gateway speaks to the port that a route leads to; `None` where nobody told, or where it cannot be compared.
fn spoken(case: &RouteCase<'_>, service: &Service, port: &ServicePort) -> Option<Protocol> {
    let settings = case.of.settings;
    let spoken = settings.protocol_to(&service.id.name).filter(|spoken| *spoken != Protocol::Other)?;
    if !case.of.routing.id.kind.is_gateway_route() {
        return Some(spoken);
    }
    // Where it does not go by the port, it goes by objects of its own, which nobody reads.
    if case.of.gateway.reads_app_protocol != Some(true) {
        return None;
    }
    let is_grpc = spoken.is_grpc();
    let (plain, tls) = if is_grpc { (Protocol::Grpc, Protocol::Grpcs) } else { (Protocol::Http, Protocol::Https) };
    if has_policy(case, service, port) {
        return Some(tls);
    }
    match port.app_protocol.as_deref() {
        None | Some("http" | "kubernetes.io/ws" | "ws") => Some(plain),
        Some(word @ ("https" | "kubernetes.io/wss" | "wss")) => {
            case.of.gateway.tls_words.map(|words| if words.contains(&word) { tls } else { plain })
        }
        // HTTP/2 in plain text, or a word of the gateway's own.
        Some(_) => is_grpc.then_some(plain),
    }
}

/// Whether a `BackendTLSPolicy` has TLS spoken to the port.
fn has_policy(case: &RouteCase<'_>, service: &Service, port: &ServicePort) -> bool {
    let (namespace, name) = (&service.id.namespace, &service.id.name);
    let policies = case.world.attached::<BackendTlsPolicy>(namespace, &Attached::to_service(name));
    policies.iter().any(|policy| policy.is_for(name, &port.name))
}
