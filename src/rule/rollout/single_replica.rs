#![doc = include_str!("single_replica.md")]

use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct SingleReplica;

impl Rule for SingleReplica {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "single-replica",
        family: Family::Rollout,
        summary: "one pod takes all requests, so a node that fails leaves none",
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
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("single_replica.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

const REPLICAS: Address = Address::field("/spec/replicas");

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if workload.replicas != Some(1) || !params.scope.includes(case.ring) || !super::may_have_more(workload) {
        return;
    }
    // What an autoscaler may leave is told of the autoscaler.
    if !case.autoscalers().is_empty() || case.has_company() {
        return;
    }
    let status = case.answers().no_endpoint;
    findings.push(
        Finding::at(Label::new(&workload.id, REPLICAS), "one pod takes all its requests")
            // An autoscaler mostly comes after what it scales.
            .pending()
            .status(status)
            .why(format!(
                "When its node fails or is drained, or the pod is killed, there is no endpoint until another pod has been started elsewhere \
                 and is ready: clients get {status} for all of that time. If the node dies silently, Kubernetes starts another pod only \
                 after some five minutes."
            ))
            .help("let two pods serve:\nreplicas: 2   # only where two may run side by side"),
    );
}
