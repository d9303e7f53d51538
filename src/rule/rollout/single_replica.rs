#![doc = include_str!("single_replica.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct SingleReplica;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the rule is for.
    scope: Scope,
}

impl Rule for SingleReplica {
    type Params = Params;

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

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

const REPLICAS: Address = Address::field("/spec/replicas");

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if workload.replicas != Some(1) || !params.scope.includes(case.ring) || !super::may_have_more(workload) {
        return;
    }
    // Of an autoscaler that cannot be read nothing can be said.
    if case.least_replicas().is_none_or(|least| least >= 2) {
        return;
    }
    let status = case.answers().no_endpoint;
    let finding = Finding::at(Label::new(&workload.id, REPLICAS), format!("one pod takes all requests of {}", workload.id))
        .status(status)
        .why(format!(
            "When its node fails or is drained, or the pod is killed, there is no endpoint until another pod has been started elsewhere \
             and is ready: clients get {status} for all of that time. After a node that fails without a word, it begins only minutes later."
        ));
    findings.push(match case.autoscalers().first() {
        Some(own) => finding.related(Label::new(&own.id, super::least_address(own)), "may leave it with one pod").help(format!(
            "let {} keep two pods at least:\n{}: 2",
            own.id,
            super::least_field(own)
        )),
        // An autoscaler mostly comes after what it scales.
        None => finding.pending().help("let two pods serve, on two nodes:\nreplicas: 2"),
    });
}
