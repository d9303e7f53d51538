#![doc = include_str!("autoscaler_fights_replicas.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Autoscaler, ReplicasBy};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct AutoscalerFightsReplicas;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for AutoscalerFightsReplicas {
    type Params = Params;

    const META: Meta = Meta {
        name: "autoscaler-fights-replicas",
        family: Family::Rollout,
        summary: "each apply sets the number of pods back that an autoscaler has chosen",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::Deployment,
            Kind::HorizontalPodAutoscaler,
            Kind::Rollout,
            Kind::ScaledObject,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("autoscaler_fights_replicas.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

const REPLICAS: Address = Address::field("/spec/replicas");
const TARGET: Address = Address::field("/spec/scaleTargetRef");

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    // With no replicas autoscalers stand still, and that is what 0 is written for.
    let Some(replicas) = workload.replicas.filter(|replicas| *replicas > 0) else { return };
    if workload.replicas_by != ReplicasBy::Author || case.ring == Ring::Nobody {
        return;
    }
    // One that may only have this number agrees.
    let differs = |own: &&Autoscaler| own.min != Some(replicas) || own.max != Some(replicas);
    let Some(own) = case.autoscalers().into_iter().find(differs) else { return };
    let status = case.answers().too_slow;
    findings.push(
        Finding::at(
            Label::new(&workload.id, REPLICAS),
            format!("each apply sets replicas back to {replicas}, whatever {} {} has chosen", own.id.kind, own.id.name),
        )
        .related(Label::new(&own.id, TARGET), "decides on the number, too")
        .status(status)
        .why(format!(
            "Under load the autoscaler has, say, {} pods. The next apply leaves {replicas}: the others stop, and those that are left get all \
             requests, until the autoscaler has noticed and new pods are ready. Clients get {status}.",
            own.max.unwrap_or(10).max(replicas.saturating_add(1)),
        ))
        .help(help(case, own)),
    );
}

fn help(case: &WorkloadCase<'_>, own: &Autoscaler) -> String {
    let id = &case.workload.id;
    format!(
        "delete replicas from the file; {} of {} decides. Where kubectl apply (without --server-side) wrote it, first delete it here, too, or \
         the next apply scales to 1:\nkubectl -n {} apply edit-last-applied {}/{}",
        super::least_field(own),
        own.id,
        id.namespace,
        id.kind.plural(),
        id.name
    )
}
