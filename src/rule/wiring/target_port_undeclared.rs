#![doc = include_str!("target_port_undeclared.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{foremost, pods_of};
use crate::finding::{Finding, Label};
use crate::model::{Port, Workload};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct TargetPortUndeclared;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for TargetPortUndeclared {
    type Params = Params;

    const META: Meta = Meta {
        name: "target-port-undeclared",
        family: Family::Wiring,
        summary: "a Service forwards to a port number that no container of its pods declares",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("target_port_undeclared.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let workloads: Vec<&Workload> = case.world.workloads_of(case.service).collect();
    let Some(first) = foremost(case.service, &workloads).filter(|_| workloads.iter().all(|workload| !workload.is_partial)) else {
        return;
    };
    for port in &case.service.ports {
        let Port::Number(number) = port.target else { continue };
        if workloads.iter().any(|workload| workload.declares(number)) {
            continue;
        }
        let (kind, name) = (first.id.kind, &first.id.name);
        let label = Label::new(&case.service.id, port.target_address()).of(port.element());
        findings.push(
            Finding::at(label, format!("no container of {kind} {name} declares port {number}"))
                .pending()
                .why(format!(
                    "It works where something listens on {number}: the declaration is information. But nobody who reads \
                     the pods sees that they serve it, and no502 cannot tell which container to ask for a readiness probe \
                     or a preStop hook."
                ))
                .help(format!(
                    "declare it in the container that listens, and use the name:\nports: [{{name: http, containerPort: \
                     {number}}}]\ntargetPort: http   # in the Service"
                ))
                .related(pods_of(first), "makes the pods"),
        );
    }
}
