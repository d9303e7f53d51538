#![doc = include_str!("disruption_unguarded.md")]

use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct DisruptionUnguarded;

impl Rule for DisruptionUnguarded {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "disruption-unguarded",
        family: Family::Rollout,
        summary: "a node drain may take all pods at once, since no PodDisruptionBudget selects them",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::Deployment,
            Kind::HorizontalPodAutoscaler,
            Kind::Ingress,
            Kind::PodDisruptionBudget,
            Kind::Rollout,
            Kind::ScaledObject,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("disruption_unguarded.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

/// What a budget would select its pods by.
const LABELS: Address = Address::field("/spec/template/metadata/labels");

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if !params.scope.includes(case.ring) || !super::is_scalable(workload.id.kind) {
        return;
    }
    // A budget for one pod would only keep nodes from being drained.
    if case.least_replicas().is_none_or(|least| least < 2) || !case.budgets().is_empty() {
        return;
    }
    let status = case.answers().no_endpoint;
    let finding = Finding::at(Label::new(&workload.id, LABELS), "no PodDisruptionBudget guards its pods")
    .pending()
    .status(status)
    .why(format!(
        "A drain of nodes, as for an upgrade of the cluster, may evict all pods at once. Until the first new one is ready there is no \
         endpoint, and clients get {status}. A budget makes the drain wait for it."
    ))
    .help(budget(case));
    findings.push(finding);
}

/// The budget to create.
fn budget(case: &WorkloadCase<'_>) -> String {
    let id = &case.workload.id;
    // A Service selects by what stays the same from version to version.
    let labels = case.services.first().map_or(&case.workload.labels, |service| &service.selector);
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value:?}")).collect();
    format!(
        "create a budget beside it:\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {}\n  namespace: {}\nspec:\n  \
         maxUnavailable: 1\n  selector:\n    matchLabels: {{{}}}",
        id.name,
        id.namespace,
        labels.join(", ")
    )
}
