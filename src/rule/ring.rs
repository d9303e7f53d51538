//! How near to traffic a workload is, and which of its containers get it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Container, Exposure, Port, Service, ServicePort, Workload};
use crate::units::Level;

/// How near to traffic a workload is. Ordered: what is routed is also serviced.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Ring {
    /// Nobody's backend, as far as can be seen.
    Nobody,
    /// It declares a port, and nothing is known of a Service yet.
    Serving,
    /// A Service selects it.
    Serviced,
    /// Reached from an Ingress, or from outside through a Service.
    Routed,
}

/// Which workloads a rule's level is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those reached from an Ingress, or from outside through a Service.
    #[default]
    Routed,
    /// Those that a Service selects.
    Serviced,
    /// Those that declare a port.
    Serving,
}

impl Scope {
    /// Whether a workload at that ring is one of those.
    #[must_use]
    pub fn includes(self, ring: Ring) -> bool {
        self.cap(ring) == Level::Error
    }

    /// The heaviest level for a workload at that ring: within the scope any, one ring farther out a warning.
    #[must_use]
    pub fn cap(self, ring: Ring) -> Level {
        let (inner, outer) = match self {
            Self::Routed => (Ring::Routed, Ring::Serviced),
            Self::Serviced => (Ring::Serviced, Ring::Serving),
            Self::Serving => (Ring::Serving, Ring::Serving),
        };
        if ring >= inner {
            Level::Error
        } else if ring >= outer {
            Level::Warning
        } else {
            Level::Off
        }
    }
}

/// What a policy may tune of a rule that asks for nothing else.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Scoped {
    /// Which workloads the level is for.
    pub(super) scope: Scope,
}

/// Port names that say that no client's request goes there.
const NOT_SERVING: &[&str] = &["metrics", "prom", "monitor", "health", "probe", "debug", "pprof", "admin"];

/// Whether a container declares a port that clients may use.
fn serves(container: &Container) -> bool {
    container.ports.iter().any(|port| !NOT_SERVING.iter().any(|word| port.name.contains(word)))
}

/// How near a workload is to traffic by what it says itself.
#[must_use]
pub(crate) fn own_ring(workload: &Workload) -> Ring {
    if workload.regular_containers().any(serves) { Ring::Serving } else { Ring::Nobody }
}

/// How near a Service brings the workloads that it selects, without the routes to it.
#[must_use]
pub(crate) fn ring_of(service: &Service) -> Ring {
    match service.exposure {
        Exposure::External => Ring::Routed,
        Exposure::ClusterIp => Ring::Serviced,
        Exposure::ExternalName => Ring::Nobody,
    }
}

/// The regular containers that get requests: those whose ports the Services lead to, or, where no Service is known, those
/// that declare a port.
pub(crate) fn serving<'w>(workload: &'w Workload, services: &[&Service]) -> Vec<&'w Container> {
    if services.is_empty() {
        return workload.regular_containers().filter(|container| serves(container)).collect();
    }
    let only_one = workload.regular_containers().nth(1).is_none();
    let ports = || services.iter().flat_map(|service| &service.ports);
    let leads_to = |port: &ServicePort, container: &Container| match &port.target {
        Port::Name(name) => workload.resolve_port(name, &port.protocol).is_some_and(|(own, _)| std::ptr::eq(own, container)),
        Port::Number(number) => {
            container.declares(*number) || only_one && !workload.containers.iter().any(|own| own.declares(*number))
        }
    };
    workload.regular_containers().filter(|container| ports().any(|port| leads_to(port, container))).collect()
}
