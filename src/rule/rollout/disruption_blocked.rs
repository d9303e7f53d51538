#![doc = include_str!("disruption_blocked.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Amount, Autoscaler, DisruptionBudget};
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
const REPLICAS: Address = Address::field("/spec/replicas");
const LABELS: Address = Address::field("/spec/template/metadata/labels");

fn judge(_: &Params, case: &BudgetCase<'_>, findings: &mut Vec<Finding>) {
    let budget = case.budget;
    // What nobody sends requests to may be guarded in any way, and so may pods that no workload stands for, as those of a Job.
    if budget.pods.is_none() || case.ring == Ring::Nobody {
        return;
    }
    let pods = case.least_pods();
    let Some((address, because)) = blocked(budget, pods) else { return };
    // Where it is their number that blocks, the fewest block, and there may be more of them at other times.
    let is_counted = budget.max_unavailable.is_none() && !matches!(budget.min_available, Some(Amount::Percent(100..)));
    let scaled = case.workloads.iter().find_map(|own| Some((own, case.autoscalers_of(own).into_iter().next()?)));
    let at = scaled.filter(|_| is_counted).map(|(own, _)| format!(" while {} has its fewest pods", own.id)).unwrap_or_default();
    let finding = Finding::at(Label::new(&budget.id, address), format!("allows no eviction{at}: {because}"))
        .why(
            "A drain asks for evictions again and again and gets none, so that nodes are not upgraded, or are taken away in the end with \
             their pods as they are. All pods on them then go at once, which is what the budget was to prevent.",
        )
        .help(help(budget, pods, scaled.map(|(_, autoscaler)| autoscaler)));
    findings.push(case.workloads.iter().fold(finding, |finding, own| {
        match case.autoscalers_of(own).into_iter().find(|_| is_counted) {
            Some(autoscaler) => finding
                .related(Label::new(&autoscaler.id, super::least_address(autoscaler)), "decides on the fewest pods")
                .related(Label::new(&own.id, LABELS), "guarded"),
            None => finding.related(Label::new(&own.id, REPLICAS), "guarded"),
        }
    }));
}

fn help(budget: &DisruptionBudget, pods: Option<u32>, autoscaler: Option<&Autoscaler>) -> String {
    let has_most = budget.max_unavailable.is_some();
    match (pods, has_most) {
        (Some(1), _) => format!(
            "let two pods serve, and let one of them go:\n{}: 2  # of the {}\nmaxUnavailable: 1  # of the budget{}",
            autoscaler.map_or("replicas", super::least_field),
            if autoscaler.is_some() { "autoscaler" } else { "workload" },
            if has_most { "" } else { ", instead of minAvailable" }
        ),
        (_, true) => "let one pod go at a time:\nmaxUnavailable: 1".to_owned(),
        (_, false) => {
            "say how many may go instead of how many must stay; it holds for any number of replicas:\nmaxUnavailable: 1"
                .to_owned()
        }
    }
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
    (stay >= pods).then(|| {
        let noun = if pods == 1 { "pod" } else { "pods" };
        let because = match least {
            Amount::Percent(share) => format!("minAvailable is {share} %, rounded up to {stay} of {pods} {noun}"),
            Amount::Pods(_) if stay > pods => format!("minAvailable is {stay}, more than the {pods} {noun}"),
            Amount::Pods(_) => format!("minAvailable is {stay} of {pods}"),
        };
        (MIN_AVAILABLE, because)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::object::Object;
    use serde_json::{Value, json};

    #[test]
    fn the_sum_is_said_as_it_is_written() {
        for (min_available, pods, said) in [
            (json!(2), 2, "minAvailable is 2 of 2"),
            (json!(3), 2, "minAvailable is 3, more than the 2 pods"),
            (json!("80%"), 1, "minAvailable is 80 %, rounded up to 1 of 1 pod"),
        ] {
            let raw = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
                "spec": {"minAvailable": min_available}});
            let Model::DisruptionBudget(budget) = Model::read(&Object::new(raw, "shop").unwrap()) else { panic!("a budget") };
            assert_eq!(blocked(&budget, Some(pods)).unwrap().1, said);
        }
    }

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
