#![doc = include_str!("target_port_moved.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Port, Service, ServicePort, Workload};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct TargetPortMoved;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for TargetPortMoved {
    type Params = Params;

    const META: Meta = Meta {
        name: "target-port-moved",
        family: Family::Wiring,
        summary: "a change of a Service sends to a port number that the running pods do not have",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("target_port_moved.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let Some(was) = case.was else { return };
    for port in &case.service.ports {
        // A name is looked up in each pod, so that old and new pods may differ.
        let (Port::Number(to), Some(old)) = (&port.target, before(was, port)) else { continue };
        if leads_there(was, port) {
            continue;
        }
        let pods = case.world.workloads_of(case.service).filter(|workload| workload.replicas != Some(0) && !workload.is_partial);
        let left = pods
            .filter_map(|workload| Some((workload, from(workload, old)?)))
            .find(|(workload, from)| from != to && !workload.declares(*to));
        if let Some((workload, from)) = left {
            // Pods that declare neither may have both.
            let cap = if workload.declares(from) { Level::Error } else { Level::Warning };
            findings.push(finding(case, port, workload, (from, *to)).at_most(cap));
        }
    }
}

/// The same port before the change.
fn before<'s>(was: &'s Service, port: &ServicePort) -> Option<&'s ServicePort> {
    was.ports.iter().find(|old| old.number == port.number && old.protocol == port.protocol)
}

/// Whether a port led to the same before the change.
fn leads_there(was: &Service, port: &ServicePort) -> bool {
    was.ports.iter().any(|old| old.number == port.number && old.protocol == port.protocol && old.target == port.target)
}

/// Where a port led to in the pods of a workload.
fn from(workload: &Workload, old: &ServicePort) -> Option<u16> {
    match &old.target {
        Port::Number(number) => Some(*number),
        Port::Name(name) => workload.resolve_port(name, &old.protocol).map(|(_, own)| own.number),
    }
}

fn finding(case: &ServiceCase<'_>, port: &ServicePort, workload: &Workload, (from, to): (u16, u16)) -> Finding {
    let refused = case.first_route().map_or(502, |(_, answers)| answers.refused);
    let (kind, name) = (workload.id.kind, &workload.id.name);
    let label = Label::new(&case.service.id, port.target_address()).of(port.element());
    Finding::at(label, format!("targetPort moves from {from} to {to}, which the pods of {kind} {name} do not have"))
        .status(refused)
        .why(format!(
            "A number holds for all pods from this moment on. Those that run listen on {from}, so every request gets \
             {refused} until a pod listens on {to}, and a share of them until the last one does."
        ))
        .help(format!(
            "use a name, which each pod resolves for itself. In the container that runs now:\nports: [{{name: http, \
             containerPort: {from}}}]\nthen in the Service:\ntargetPort: http\nand then move the container to {to}"
        ))
}
