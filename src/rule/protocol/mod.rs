//! Do both ends speak the same?

pub mod backend_protocol_mismatch;
pub mod grpc_unreachable;
pub mod upstream_tls_unverifiable;
pub mod websocket_cut_short;

use crate::model::{Backend, Service, ServicePort};
use crate::rule::RouteCase;

/// The port that the route leads to.
fn port<'c>(case: &RouteCase<'c>) -> Option<(&'c Service, &'c ServicePort)> {
    let Backend::Service { port: wanted, .. } = &case.route.backend else { return None };
    let service = case.service?;
    let takes_targets = case.of.gateway.takes_target_ports == Some(true);
    let by_target = || if takes_targets { service.port_by_target(wanted) } else { None };
    Some((service, service.port(wanted).or_else(by_target)?))
}
