#![doc = include_str!("disruption_blocked.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Amount, DisruptionBudget};
use crate::object::{Address, Kind};
use crate::rule::{BudgetCase, Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct DisruptionBlocked;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for DisruptionBlocked {
    type Params = Params;

    const META: Meta = Meta {
        name: "disruption-blocked",
        family: Family::Rollout,
        summary: "a PodDisruptionBudget allows no eviction, so that nodes cannot be drained",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::HorizontalPodAutoscaler,
            Kind::PodDisruptionBudget,
            Kind::Rollout,
            Kind::ScaledObject,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("disruption_blocked.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Budget(judge);
}

const MIN_AVAILABLE: Address = Address::field("/spec/minAvailable");
const MAX_UNAVAILABLE: Address = Address::field("/spec/maxUnavailable");

fn judge(_: &Params, case: &BudgetCase<'_>, findings: &mut Vec<Finding>) {
    let budget = case.budget;
    // What nobody sends requests to may be guarded in any way. Pods that no workload stands for may be anything.
    if budget.pods.is_none() || case.ring == Ring::Nobody && !case.workloads.is_empty() {
        return;
    }
    let pods = case.least_pods();
    let Some((address, because)) = blocked(budget, pods) else { return };
    let finding = Finding::at(Label::new(&budget.id, address), format!("{} allows no eviction: {because}", budget.id))
        .why(
            "A drain asks for evictions again and again and gets none, so that nodes are not upgraded, or are taken away in the end with \
             their pods as they are. All pods on them then go at once, which is what the budget was to prevent.",
        )
        .help(if pods == Some(1) {
            "let two pods serve, and let one of them go:\nreplicas: 2        # of the workload, or minReplicas of its autoscaler\n\
             maxUnavailable: 1  # of the budget, instead of minAvailable"
        } else {
            "say how many may go instead of how many must stay; it holds for any number of replicas:\nmaxUnavailable: 1"
        });
    let workloads = case.workloads.iter().map(|own| (Label::new(&own.id, Address::field("/spec/replicas")), "guarded"));
    findings.push(workloads.fold(finding, |finding, (label, note)| finding.related(label, note)));
}

/// Where it stands that no pod may go, and why, as the disruption controller reckons (`getExpectedPodCount`): shares are rounded
/// up, both of what must stay and of what may go.
fn blocked(budget: &DisruptionBudget, pods: Option<u32>) -> Option<(Address, String)> {
    // Both at once are refused by the API server.
    if let Some(most) = budget.max_unavailable {
        let is_none = matches!(most, Amount::Pods(0) | Amount::Percent(0));
        return is_none.then(|| (MAX_UNAVAILABLE, "maxUnavailable is 0".to_owned()));
    }
    let least = budget.min_available?;
    if matches!(least, Amount::Percent(100..)) {
        return Some((MIN_AVAILABLE, "minAvailable is all of its pods".to_owned()));
    }
    let pods = pods.filter(|pods| *pods > 0)?;
    let stay = least.of_rounded_up(pods);
    let noun = if pods == 1 { "pod" } else { "pods" };
    (stay >= pods).then(|| (MIN_AVAILABLE, format!("minAvailable is {stay}, and there may be no more than {pods} {noun}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::object::Object;
    use serde_json::{Value, json};

    #[test]
    fn shares_round_up_as_in_the_disruption_controller() {
        let blocks = |spec: Value, pods: Option<u32>| {
            let raw =
                json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec});
            let Model::DisruptionBudget(budget) = Model::read(&Object::new(raw, "shop").unwrap()) else { panic!("a budget") };
            blocked(&budget, pods).is_some()
        };
        for (spec, pods, expected) in [
            (json!({"minAvailable": 1}), Some(1), true),
            (json!({"minAvailable": 1}), Some(2), false),
            (json!({"minAvailable": 3}), Some(2), true),
            (json!({"minAvailable": "50%"}), Some(1), true),
            (json!({"minAvailable": "50%"}), Some(3), false),
            (json!({"minAvailable": "90%"}), Some(9), true),
            (json!({"minAvailable": "90%"}), Some(10), false),
            (json!({"minAvailable": 0}), Some(1), false),
            (json!({"minAvailable": 1}), Some(0), false),
            (json!({"minAvailable": 5}), None, false),
            (json!({"minAvailable": "100%"}), None, true),
            (json!({"maxUnavailable": 0}), None, true),
            (json!({"maxUnavailable": "0%"}), Some(5), true),
            (json!({"maxUnavailable": "1%"}), Some(1), false),
            (json!({}), Some(1), false),
        ] {
            assert_eq!(blocks(spec.clone(), pods), expected, "{spec} {pods:?}");
        }
    }
}
