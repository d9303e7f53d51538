//! Is a pod asked before it gets traffic?

pub mod balancer_health_check_differs;
pub mod liveness_before_ready;
pub mod liveness_duplicates_readiness;
pub mod probe_port_unresolvable;
pub mod probe_protocol_mismatch;
pub mod probe_timeout_over_period;
pub mod readiness_elsewhere;
pub mod readiness_flaps;
pub mod readiness_probe_missing;
pub mod readiness_slow_to_notice;
pub mod startup_by_delay;

use crate::model::{Container, Handler, Port, Probe};
use crate::units::Duration;

/// Which of a container's probes.
#[derive(Clone, Copy)]
enum Asks {
    Readiness,
    Startup,
    Liveness,
}

impl Asks {
    const ALL: [Self; 3] = [Self::Readiness, Self::Startup, Self::Liveness];

    fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Readiness => container.readiness.as_ref(),
            Self::Startup => container.startup.as_ref(),
            Self::Liveness => container.liveness.as_ref(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
            Self::Liveness => "livenessProbe",
        }
    }
}

/// The port of the pod that a probe of this container asks, as the kubelet resolves it. `None` where it asks no port, a
/// name that the container does not declare, or another host.
fn asked_port(container: &Container, probe: &Probe) -> Option<u16> {
    let port = probe.handler.port().filter(|_| probe.handler.host().is_empty())?;
    match port {
        Port::Number(number) => Some(*number),
        Port::Name(name) => container.ports.iter().find(|own| own.name == *name).map(|own| own.number),
    }
}

/// A startup probe that asks the same and allows twice the time that the start needs, as a person would write it.
fn startup_probe(handler: &Handler, needs: Duration) -> String {
    let failures = needs.as_secs_ceil();
    format!(
        "startupProbe:\n  {}\n  periodSeconds: 2\n  failureThreshold: {failures}   # x 2 s = {} s",
        question(handler),
        failures.saturating_mul(2),
    )
}

/// A handler as a person would write it.
fn question(handler: &Handler) -> String {
    let shown = |port: &Option<Port>| port.as_ref().map_or_else(|| "8080".to_owned(), ToString::to_string);
    match handler {
        Handler::Http { port, path, https: false, .. } => format!("httpGet: {{path: \"{path}\", port: {}}}", shown(port)),
        Handler::Http { port, path, .. } => format!("httpGet: {{path: \"{path}\", port: {}, scheme: HTTPS}}", shown(port)),
        Handler::Tcp { port, .. } => format!("tcpSocket: {{port: {}}}", shown(port)),
        Handler::Grpc { port, .. } => format!("grpc: {{port: {}}}", shown(port)),
        Handler::Exec(words) => format!("exec: {{command: {words:?}}}"),
        Handler::Other => "# ask the same as the probe that is there".to_owned(),
    }
}
