#![doc = include_str!("load_without_autoscaler.md")]

use super::autoscaler_without_request::without_request;
use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct LoadWithoutAutoscaler;

impl Rule for LoadWithoutAutoscaler {
    type Params = Scoped;

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

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

const REPLICAS: Address = Address::field("/spec/replicas");

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
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
    findings.push(
        Finding::at(Label::new(&workload.id, REPLICAS), "no autoscaler scales it: more load meets the same pods")
            .pending()
            .status(status)
            .why(format!(
                "Requests that come faster than the pods answer wait in queues, then time out, and pods that are out of memory or too slow for \
                 their probes leave. The rest get more still, and clients get {status} and 504."
            ))
            .help(autoscaler(case)),
    );
}

/// The autoscaler to create, and what it needs.
fn autoscaler(case: &WorkloadCase<'_>) -> String {
    let id = &case.workload.id;
    let least = case.workload.replicas.unwrap_or(2).max(2);
    let without = without_request(case.workload, "cpu", None).filter(|_| !case.is_given("cpu"));
    let request = without.map(|container| {
        format!(
            "\n# the 60 is a percentage of what containers ask for, and container \"{}\" asks for none:\n# resources: {{requests: {{cpu: 100m}}}}",
            container.name
        )
    });
    format!(
        "let an autoscaler decide, and leave replicas out then:\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  \
         name: {name}\n  namespace: {}\nspec:\n  scaleTargetRef: {{apiVersion: {}, kind: {}, name: {name}}}\n  minReplicas: {least}\n  \
         maxReplicas: {}\n  metrics:\n    - type: Resource\n      resource: {{name: cpu, target: {{type: Utilization, \
         averageUtilization: 60}}}}{}",
        id.namespace,
        id.kind.api_version(),
        id.kind,
        least.saturating_mul(3).max(10),
        request.unwrap_or_default(),
        name = id.name,
    )
}
