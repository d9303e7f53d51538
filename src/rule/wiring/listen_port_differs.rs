#![doc = include_str!("listen_port_differs.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Container, Listening, Port, Said, Service};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ListenPortDiffers;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ListenPortDiffers {
    type Params = Params;

    const META: Meta = Meta {
        name: "listen-port-differs",
        family: Family::Wiring,
        summary: "a container says that it listens on another port than the one that its Service forwards to",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("listen_port_differs.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Another container of the pod may be the one that listens.
    let [container] = &*case.workload.containers else { return };
    let Some(listening) = container.listening.as_deref().filter(|_| container.proxy().is_none()) else { return };
    let Some((service, target)) = only_target(case) else { return };
    if listening.is_loopback {
        findings.push(at_loopback(case, container, listening, service));
        return;
    }
    // Any word of its own about that port means that it knows more ports than one.
    if listening.ports.contains(&target) || listening.names(target) || is_asked(container, target) {
        return;
    }
    let mut declared = container.ports.iter().filter(|port| &*port.protocol == "TCP").map(|port| port.number).peekable();
    let cap = match (declared.peek().copied(), declared.clone().nth(1)) {
        // What it declares is one of several ports, for another purpose.
        (Some(_), Some(_)) if container.declares(target) => return,
        // Its image may not look at what it is told.
        _ if container.declares(target) => Level::Warning,
        _ if declared.any(|own| listening.ports.contains(&own)) => Level::Error,
        _ => Level::Warning,
    };
    findings.push(elsewhere(case, container, listening, (service, target)).at_most(cap));
}

/// The one port of its pods that all Services lead to, and one of them. Of several some may be for other purposes.
fn only_target<'c>(case: &WorkloadCase<'c>) -> Option<(&'c Service, u16)> {
    let services = case.services.iter().copied().filter(|service| !service.is_headless);
    let ports = services.flat_map(|service| service.ports.iter().map(move |port| (service, port)));
    let mut targets = ports.map(|(service, port)| {
        let number = match &port.target {
            Port::Number(number) => Some(*number),
            Port::Name(name) => case.workload.resolve_port(name, &port.protocol).map(|(_, own)| own.number),
        };
        number.filter(|_| &*port.protocol == "TCP").map(|number| (service, number))
    });
    let first = targets.next()??;
    targets.all(|other| other.is_some_and(|(_, number)| number == first.1)).then_some(first)
}

/// Whether one of its probes asks that port.
fn is_asked(container: &Container, target: u16) -> bool {
    let probes = [&container.readiness, &container.startup, &container.liveness].into_iter().flatten();
    probes.filter_map(|probe| probe.handler.port()).any(|port| match port {
        Port::Number(number) => *number == target,
        Port::Name(name) => container.ports.iter().any(|own| own.name == *name && own.number == target),
    })
}

fn label(case: &WorkloadCase<'_>, container: &Container, listening: &Listening) -> Label {
    let element = format!("{} {}", container.name, listening.by);
    Label::new(&case.workload.id, container.listening_address(listening.said)).of(element)
}

fn elsewhere(
    case: &WorkloadCase<'_>,
    container: &Container,
    listening: &Listening,
    (service, target): (&Service, u16),
) -> Finding {
    let (refused, by) = (case.answers().refused, &listening.by);
    let ports: Vec<String> = listening.ports.iter().map(u16::to_string).collect();
    let (ports, own) = (ports.join(" and "), listening.ports.first().copied().unwrap_or(target));
    let name = &container.name;
    let message =
        format!("{by} tells container \"{name}\" to listen on {ports}, but Service \"{}\" sends to {target}", service.id.name);
    Finding::at(label(case, container, listening), message)
        .status(refused)
        .why(format!(
            "Nothing listens on {target}: the pod refuses every connection, however ready it is, and clients get {refused}."
        ))
        .help(match named_target(case, service, target) {
            Some(name) => {
                format!("write the port that the container listens on, in its ports:\ncontainerPort: {own}   # of port {name}")
            }
            None => format!("write the port that the container listens on, in the Service:\ntargetPort: {own}"),
        })
        .related(Label::new(&service.id, Address::field("/spec/ports")), format!("sends to {target}"))
}

/// The name by which the Service leads to that port of the pods.
fn named_target<'c>(case: &WorkloadCase<'_>, service: &'c Service, target: u16) -> Option<&'c str> {
    service.ports.iter().find_map(|port| match &port.target {
        Port::Name(name) => {
            let own = case.workload.resolve_port(name, &port.protocol);
            own.filter(|(_, own)| own.number == target).map(|_| &**name)
        }
        Port::Number(_) => None,
    })
}

fn at_loopback(case: &WorkloadCase<'_>, container: &Container, listening: &Listening, service: &Service) -> Finding {
    let (refused, by) = (case.answers().refused, &listening.by);
    let message = format!("{by} lets container \"{}\" listen on localhost only", container.name);
    let port = listening.ports.first().copied().unwrap_or_default();
    let line = match listening.said {
        Said::Variable(_) => format!("value: \"http://+:{port}\""),
        Said::Command | Said::Args => format!("{by}=0.0.0.0:{port}"),
    };
    Finding::at(label(case, container, listening), message)
        .status(refused)
        .why(format!(
            "Requests come to the address of the pod, and nothing listens there: each connection is refused, and \
            clients get {refused}."
        ))
        .help(format!("listen on all addresses:\n{line}"))
        .related(Label::new(&service.id, Address::field("/spec/ports")), "leads to the address of the pod")
}
