#![doc = include_str!("target_port_unresolved.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{foremost, pods_of};
use crate::finding::{Finding, Label};
use crate::model::{Container, ContainerField, Port, ServicePort, Workload};
use crate::object::Kind;
use crate::policy::near;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct TargetPortUnresolved;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for TargetPortUnresolved {
    type Params = Params;

    const META: Meta = Meta {
        name: "target-port-unresolved",
        family: Family::Wiring,
        summary: "a Service forwards to a port name that no container of its pods declares",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("target_port_unresolved.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let workloads: Vec<&Workload> = case.world.workloads_of(case.service).collect();
    // Without pods in sight nothing can be told, and a patch does not show all its ports.
    let Some(first) = foremost(case.service, &workloads).filter(|_| workloads.iter().all(|own| !own.is_partial)) else { return };
    for port in &case.service.ports {
        // A number needs no declaration.
        let Port::Name(name) = &port.target else { continue };
        if workloads.iter().all(|workload| workload.resolve_port(name, &port.protocol).is_none()) {
            findings.push(unresolved(case, port, name, first, &workloads));
            continue;
        }
        let twice = workloads.iter().find_map(|workload| Some((*workload, second(workload, name, &port.protocol)?)));
        findings.extend(twice.and_then(|(workload, second)| ambiguous(case, port, name, workload, second)));
    }
}

/// The port's `targetPort`.
fn label(case: &ServiceCase<'_>, port: &ServicePort) -> Label {
    Label::new(&case.service.id, port.target_address()).of(port.element())
}

fn unresolved(case: &ServiceCase<'_>, port: &ServicePort, name: &str, first: &Workload, workloads: &[&Workload]) -> Finding {
    let (protocol, service) = (&port.protocol, &case.service.id.name);
    let more = if workloads.len() > 1 { format!(" (and {} more)", workloads.len() - 1) } else { String::new() };
    let status = case.first_route().map_or(503, |(_, answers)| answers.no_endpoint);
    Finding::at(label(case, port), format!("no container of {}{more} declares a {protocol} port \"{name}\"", first.id))
    .pending()
    .status(status)
    .why(format!(
        "The pods become ready endpoints of \"{service}\" without port {}, so there is nowhere to send to: every request for it \
             gets {status}, or is refused inside the cluster.",
        port.shown()
    ))
    .help(help(port, name, workloads))
    .related(pods_of(first), "makes the pods")
}

/// A name that is declared, or the declaration that is missing.
fn help(port: &ServicePort, name: &str, workloads: &[&Workload]) -> String {
    let ports = || workloads.iter().flat_map(|workload| &workload.containers).flat_map(|container| &container.ports);
    if let Some(other) = ports().find(|own| *own.name == *name) {
        return format!("\"{name}\" is declared for {}: write the same protocol on both sides", other.protocol);
    }
    let fitting = ports().filter(|own| own.protocol == port.protocol && !own.name.is_empty());
    let mut declared: Vec<&str> = fitting.map(|own| &*own.name).collect();
    declared.sort_unstable();
    declared.dedup();
    if let Some(near) = near(name, declared.iter().copied()) {
        return format!("if \"{near}\" is meant, write\ntargetPort: {near}");
    }
    match &*declared {
        [] => format!(
            "declare the port in the container that listens:\nports: [{{name: {name}, containerPort: {}}}]   # its own number",
            port.number
        ),
        [only] => format!("write the name that is declared:\ntargetPort: {only}"),
        several => format!("write one of the names that are declared: {}", several.join(", ")),
    }
}

/// A container that declares the name with another number than the one that wins.
fn second<'w>(workload: &'w Workload, name: &str, protocol: &str) -> Option<(&'w Container, u16)> {
    let (_, first) = workload.resolve_port(name, protocol)?;
    workload.containers.iter().find_map(|container| {
        let mut ports = container.ports.iter();
        let other = ports.find(|own| &*own.name == name && &*own.protocol == protocol && own.number != first.number)?;
        Some((container, other.number))
    })
}

fn ambiguous(
    case: &ServiceCase<'_>,
    port: &ServicePort,
    name: &str,
    workload: &Workload,
    second: (&Container, u16),
) -> Option<Finding> {
    let (winner, first) = workload.resolve_port(name, &port.protocol)?;
    let (loser, number) = second;
    let message = format!(
        "port name \"{name}\" means {} in container \"{}\" and {number} in container \"{}\"",
        first.number, winner.name, loser.name
    );
    let address = loser.address(ContainerField::Whole);
    let finding = Finding::at(label(case, port), message)
        .at_most(Level::Warning)
        .status(503)
        .why(format!(
            "Kubernetes takes the first container, so all requests go to {}. Nothing ever reaches {number} through this name, and \
             a change of the order of containers moves all requests there.",
            first.number
        ))
        .help(format!("give the two ports different names, or write the number that is meant:\ntargetPort: {}", first.number))
        .related(Label::new(&workload.id, address).of(&*loser.name), format!("declares \"{name}\" as {number}"));
    Some(finding)
}
