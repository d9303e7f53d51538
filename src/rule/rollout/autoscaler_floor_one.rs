#![doc = include_str!("autoscaler_floor_one.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::object::Kind;
use crate::rule::{AutoscalerCase, Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope};
use crate::units::Level;

/// See the page of the rule.
pub struct AutoscalerFloorOne;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the rule is for.
    scope: Scope,
}

impl Rule for AutoscalerFloorOne {
    type Params = Params;

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

    const JUDGE: Judge<Params> = Judge::Autoscaler(judge);
}

fn judge(params: &Params, case: &AutoscalerCase<'_>, findings: &mut Vec<Finding>) {
    let own = case.autoscaler;
    let (Some(target), Some(least @ 0..=1)) = (case.target, own.min) else { return };
    // With no replicas it stands still.
    if !params.scope.includes(case.ring) || target.replicas == Some(0) {
        return;
    }
    let left = if least == 0 { "no pod" } else { "one pod" };
    let gap = if least == 0 {
        "When nobody asked for a while, it takes the last pod away. The next request then finds no endpoint, until a pod has been started and \
         is ready: its client gets 503."
    } else {
        "When there is little load, all requests go to that pod. If it is evicted or its node fails then, there is no endpoint until another \
         one is ready, and clients get 503. And the first rush meets one pod alone."
    };
    findings.push(
        Finding::at(
            Label::new(&own.id, super::least_address(own)),
            format!("{} may leave {left} for {}", own.id.kind, target.id),
        )
        .status(503)
        .why(gap)
        .help(format!("keep two pods at least:\n{}: 2", super::least_field(own))),
    );
}
