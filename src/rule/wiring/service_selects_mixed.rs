#![doc = include_str!("service_selects_mixed.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_whole, pods_of};
use crate::finding::{Finding, Label};
use crate::model::{Port, ServicePort, Workload};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ServiceSelectsMixed;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ServiceSelectsMixed {
    type Params = Params;

    const META: Meta = Meta {
        name: "service-selects-mixed",
        family: Family::Wiring,
        summary: "a Service sends to workloads of which some do not have the port",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("service_selects_mixed.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let service = case.service;
    // Behind a headless Service clients choose pods and ports themselves, and of two files only one may ever be applied.
    if service.is_headless || !is_whole(case.world, &service.id.namespace) {
        return;
    }
    let workloads: Vec<&Workload> = case.world.workloads_of(service).filter(|own| own.replicas != Some(0)).collect();
    if workloads.len() < 2 || workloads.iter().any(|workload| workload.is_partial) {
        return;
    }
    for port in &service.ports {
        // A name is looked up in each pod, and who does not have it gets no request.
        let Port::Number(number) = port.target else { continue };
        let (with, without): (Vec<&Workload>, Vec<&Workload>) = workloads.iter().partition(|workload| workload.declares(number));
        // Who declares no port at all may listen on any.
        let without: Vec<&Workload> = without.into_iter().filter(|workload| declares_others(workload, &port.protocol)).collect();
        if let (Some(with), Some(first)) = (with.first(), without.first()) {
            findings.push(finding(case, port, number, with, first));
        }
    }
}

fn declares_others(workload: &Workload, protocol: &str) -> bool {
    workload.containers.iter().flat_map(|container| &container.ports).any(|own| &*own.protocol == protocol)
}

fn finding(case: &ServiceCase<'_>, port: &ServicePort, number: u16, with: &Workload, without: &Workload) -> Finding {
    let refused = case.first_route().map_or(502, |(_, answers)| answers.refused);
    let label = Label::new(&case.service.id, port.target_address()).of(port.element());
    Finding::at(
        label,
        format!("{} {} has port {number}, and {} {} has not", with.id.kind, with.id.name, without.id.kind, without.id.name),
    )
    .status(refused)
    .why(format!(
        "The Service selects the pods of both and sends to port {number} of each. Those of {} refuse the connection, \
             so their share of the requests gets {refused}, or a second try where the gateway has one left.",
        without.id.name
    ))
    .help(format!(
        "select only what serves port {}: add a label to the selector that {} alone has. If both serve it, name the \
             port in both containers and write the name as targetPort",
        port.shown(),
        with.id.name
    ))
    .related(pods_of(with), format!("has port {number}"))
    .related(pods_of(without), "has not")
}
