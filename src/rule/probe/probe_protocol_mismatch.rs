#![doc = include_str!("probe_protocol_mismatch.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asks, asked_port};
use crate::finding::{Finding, Label};
use crate::model::{Container, ContainerField, Handler, Port, Service, ServicePort, Workload};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ProbeProtocolMismatch;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for ProbeProtocolMismatch {
    type Params = Params;

    const META: Meta = Meta {
        name: "probe-protocol-mismatch",
        family: Family::Probe,
        summary: "a probe asks over HTTP/1.1 where the Service says gRPC or h2c, so the pod may never become ready",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("probe_protocol_mismatch.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

/// What a Service says of a port of the pod.
struct Claim<'c> {
    service: &'c Service,
    port: &'c ServicePort,
    /// The port of the pod.
    number: u16,
    says: &'c str,
    speaks: &'static str,
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // The author knows better than its Service.
    if matches!(case.workload.declared.protocol.as_deref(), Some("http1" | "https")) {
        return;
    }
    for container in &case.workload.containers {
        for asks in Asks::ALL {
            let Some(probe) = asks.of(container).filter(|probe| matches!(probe.handler, Handler::Http { http2: false, .. }))
            else {
                continue;
            };
            if let Some(claim) = asked_port(container, probe).and_then(|number| claim(case, number)) {
                findings.push(finding(case, container, asks, &claim).at_most(params.scope.cap(case.ring)));
            }
        }
    }
}

/// What the Services say of a port of the pod, where all of them say that it speaks HTTP/2 only.
fn claim<'c>(case: &WorkloadCase<'c>, number: u16) -> Option<Claim<'c>> {
    let mut first = None;
    for service in case.services.iter().copied() {
        for port in service.ports.iter().filter(|port| leads_to(case.workload, port, number)) {
            // Where one way in says something else, or nothing, the server may speak both.
            let says = port.app_protocol.as_deref()?;
            let speaks = speaks(says)?;
            first.get_or_insert(Claim { service, port, number, says, speaks });
        }
    }
    first
}

fn leads_to(workload: &Workload, port: &ServicePort, number: u16) -> bool {
    &*port.protocol == "TCP"
        && match &port.target {
            Port::Number(target) => *target == number,
            Port::Name(name) => workload.resolve_port(name, &port.protocol).is_some_and(|(_, own)| own.number == number),
        }
}

/// What is spoken where HTTP/1.1 is not; several gateways put a prefix of their own before it.
fn speaks(app_protocol: &str) -> Option<&'static str> {
    match app_protocol.rsplit('/').next() {
        Some(name) if name.eq_ignore_ascii_case("grpc") => Some("gRPC"),
        Some(name) if name.eq_ignore_ascii_case("h2c") => Some("h2c"),
        _ => None,
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, asks: Asks, claim: &Claim<'_>) -> Finding {
    let Claim { service, port, number, says, speaks } = claim;
    let (probe, status) = (asks.name(), case.answers().no_endpoint);
    let message = format!("{probe} of container \"{}\" asks port {number} over HTTP/1.1, but it speaks {speaks}", container.name);
    let label = Label::new(&service.id, Address::item("/spec/ports/{}/appProtocol", port.index)).of(port.element());
    let outcome = match asks {
        Asks::Readiness => "the pod never becomes ready",
        Asks::Startup => "the container never counts as started and is killed again and again",
        Asks::Liveness => "the container is killed again and again",
    };
    Finding::at(case.label(container, field(asks)), message)
        .related(label, "says so")
        .status(status)
        .why(format!(
            "Port {} of Service \"{}\" says appProtocol: {says}, and httpGet asks over HTTP/1.1. Unless the server takes both on one port, \
             every try fails: {outcome}, and clients get {status} where no older pod is left.",
            port.shown(),
            service.id.name,
        ))
        .help(help(probe, claim))
}

/// What to write: the question that this protocol has, else whether the port is open.
fn help(probe: &str, claim: &Claim<'_>) -> String {
    let Claim { number, speaks, .. } = claim;
    let (grpc, tcp) = (format!("grpc: {{port: {number}}}"), format!("tcpSocket: {{port: {number}}}"));
    if *speaks == "gRPC" {
        format!("ask in the protocol of the port:\n{probe}:\n  {grpc}   # needs the gRPC health service; without it: {tcp}")
    } else {
        format!("ask what such a server can answer:\n{probe}:\n  {tcp}   # or, if it serves the gRPC health service: {grpc}")
    }
}

fn field(asks: Asks) -> ContainerField {
    match asks {
        Asks::Readiness => ContainerField::ReadinessHttpPort,
        Asks::Startup => ContainerField::StartupHttpPort,
        Asks::Liveness => ContainerField::LivenessHttpPort,
    }
}
