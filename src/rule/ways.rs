//! The ways that routes lead to the pods of a workload.

use super::WorkloadCase;
use crate::inventory::PodPort;
use crate::model::{Port, Route, Routing, Service, ServicePort};

/// How many objects that declare routes are followed to one Service.
const ROUTINGS: usize = 64;

/// A way from a gateway to a port of a workload's pods.
pub(super) struct Way<'c> {
    pub(super) service: &'c Service,
    pub(super) routing: &'c Routing,
    pub(super) route: &'c Route,
    pub(super) port: PodPort<'c>,
}

/// All ways that routes lead to the pods, one for each object and port, in an order that is the same in every run.
pub(super) fn ways<'c>(case: &WorkloadCase<'c>) -> Vec<Way<'c>> {
    let mut ways = Vec::new();
    for service in case.services {
        let mut routings: Vec<&Routing> =
            case.world.routings_to(&service.id).filter(|own| !own.is_leaving && own.is_from_outside()).collect();
        routings.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        for routing in routings.into_iter().take(ROUTINGS) {
            let own = &routing.id.namespace;
            let leads_there = |route: &&Route| route.service(own) == Some((&*service.id.namespace, &*service.id.name));
            let own = routing.routes.iter().filter(leads_there).filter_map(|route| {
                let port = route.port().and_then(|port| service.port(port).or_else(|| service.port_by_target(port)))?;
                Some(Way { service, routing, route, port: pod_port(case, port)? })
            });
            // Whether pods are reached is the same for all paths of an object.
            let mut ports: Vec<PodPort<'_>> = Vec::new();
            ways.extend(own.filter(|way| {
                let is_new = !ports.contains(&way.port);
                ports.push(way.port);
                is_new
            }));
        }
    }
    ways
}

/// The port of the pod behind that of a Service; `None` where a name stands for none.
fn pod_port<'c>(case: &WorkloadCase<'c>, port: &'c ServicePort) -> Option<PodPort<'c>> {
    let number = match &port.target {
        Port::Number(number) => *number,
        Port::Name(name) => case.workload.resolve_port(name, &port.protocol)?.1.number,
    };
    Some(PodPort { number, protocol: &port.protocol })
}
