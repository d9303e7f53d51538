#![doc = include_str!("recreate_strategy.md")]

use crate::finding::{Finding, Label};
use crate::model::Rollout;
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct RecreateStrategy;

impl Rule for RecreateStrategy {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "recreate-strategy",
        family: Family::Rollout,
        summary: "a rollout stops every old pod before the first new one starts",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment, Kind::Ingress, Kind::Service],
        since: "0.1.0",
        page: include_str!("recreate_strategy.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

const STRATEGY_TYPE: Address = Address::field("/spec/strategy/type");

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    // Only Deployments have this strategy.
    if workload.id.kind != Kind::Deployment || workload.rollout != Rollout::Recreate {
        return;
    }
    // A disk that one node holds cannot be held by an old and a new pod.
    if workload.has_volume_claim {
        return;
    }
    let status = case.answers().no_endpoint;
    let finding = Finding::at(
        Label::new(&workload.id, STRATEGY_TYPE),
        "a rollout stops all old pods before the first new one starts",
    )
    .at_most(params.scope.cap(case.ring))
    .status(status)
    .why(format!(
        "With the strategy Recreate there is no ready pod from the moment the old ones are told to stop until the first new one is \
         ready. Every request in between gets {status}, and no retry helps."
    ))
    .help(
        "where the old and the new version may run side by side, let new pods come first:\nstrategy:\n  type: RollingUpdate\n  \
         rollingUpdate:\n    maxUnavailable: 0\n    maxSurge: 1",
    );
    findings.push(finding);
}
