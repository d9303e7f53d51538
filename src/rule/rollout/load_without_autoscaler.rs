#![doc = include_str!("load_without_autoscaler.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct LoadWithoutAutoscaler;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the rule is for.
    scope: Scope,
}

impl Rule for LoadWithoutAutoscaler {
    type Params = Params;

    const META: Meta = Meta {
        name: "load-without-autoscaler",
        family: Family::Rollout,
        summary: "the number of pods stays the same, whatever load comes",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::Deployment,
            Kind::HorizontalPodAutoscaler,
            Kind::Ingress,
            Kind::Rollout,
            Kind::ScaledObject,
            Kind::Service,
            Kind::VerticalPodAutoscaler,
        ],
        since: "0.1.0",
        page: include_str!("load_without_autoscaler.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

const REPLICAS: Address = Address::field("/spec/replicas");

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    // The pods of a StatefulSet have names and disks of their own, and those of a DaemonSet come with nodes.
    let is_meant = matches!(workload.id.kind, Kind::Deployment | Kind::Rollout) && super::may_have_more(workload);
    if !is_meant || !params.scope.includes(case.ring) || workload.replicas.is_none_or(|replicas| replicas == 0) {
        return;
    }
    if !case.autoscalers().is_empty() || case.is_sized() {
        return;
    }
    let status = case.answers().refused;
    let id = &workload.id;
    findings.push(
        Finding::at(Label::new(id, REPLICAS), format!("no autoscaler scales {id}: more load meets the same pods"))
            .pending()
            .status(status)
            .why(format!(
                "Requests that come faster than the pods answer wait in queues, then time out, and pods that are out of memory or too slow for \
                 their probes leave. The rest get more still, and clients get {status} and 504."
            ))
            .help(format!(
                "let an autoscaler decide, and leave replicas out then:\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  \
                 name: {name}\n  namespace: {}\nspec:\n  scaleTargetRef: {{apiVersion: {}, kind: {}, name: {name}}}\n  minReplicas: {}\n  \
                 maxReplicas: 10\n  metrics:\n    - type: Resource\n      resource: {{name: cpu, target: {{type: Utilization, \
                 averageUtilization: 60}}}}",
                id.namespace,
                id.kind.api_version(),
                id.kind,
                workload.replicas.unwrap_or(2).max(2),
                name = id.name,
            )),
    );
}
