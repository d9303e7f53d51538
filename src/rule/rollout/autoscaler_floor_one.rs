#![doc = include_str!("autoscaler_floor_one.md")]

use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{AutoscalerCase, Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped};
use crate::units::Level;

/// See the page of the rule.
pub struct AutoscalerFloorOne;

impl Rule for AutoscalerFloorOne {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "autoscaler-floor-one",
        family: Family::Rollout,
        summary: "an autoscaler may leave one pod, or none, to take all requests",
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
        page: include_str!("autoscaler_floor_one.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Autoscaler(judge);
}

fn judge(params: &Scoped, case: &AutoscalerCase<'_>, findings: &mut Vec<Finding>) {
    let own = case.autoscaler;
    let (Some(target), Some(least @ 0..=1)) = (case.target, own.min) else { return };
    // With no replicas it stands still.
    if !params.scope.includes(case.ring) || target.replicas == Some(0) || case.has_company() {
        return;
    }
    let status = case.no_endpoint();
    let left = if least == 0 { "no pod" } else { "one pod" };
    let gap = if least == 0 {
        format!(
            "When nobody asked for a while, it takes the last pod away. The next request then finds no endpoint, until a pod has been started \
             and is ready: its client gets {status}."
        )
    } else {
        format!(
            "When there is little load, all requests go to that pod. If it is evicted or its node fails then, there is no endpoint until \
             another one is ready, and clients get {status}. And the first rush meets one pod alone."
        )
    };
    findings.push(
        Finding::at(Label::new(&own.id, super::least_address(own)), format!("may scale {} down to {left}", target.id))
            .related(Label::new(&target.id, Address::field("/spec/replicas")), "what it scales")
            .status(status)
            .why(gap)
            .help(format!("keep two pods at least:\n{}: 2", super::least_field(own))),
    );
}
