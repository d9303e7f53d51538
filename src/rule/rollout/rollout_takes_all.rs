#![doc = include_str!("rollout_takes_all.md")]

use crate::finding::{Finding, Label};
use crate::model::{Amount, Rollout};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct RolloutTakesAll;

impl Rule for RolloutTakesAll {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "rollout-takes-all",
        family: Family::Rollout,
        summary: "a rollout may take down every replica before a new one answers",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment, Kind::Ingress, Kind::Service],
        since: "0.1.0",
        page: include_str!("rollout_takes_all.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

/// What holds where an amount is not written.
const DEFAULT: Amount = Amount::Percent(25);

const MAX_UNAVAILABLE: Address = Address::field("/spec/strategy/rollingUpdate/maxUnavailable");
const ROLLING_UPDATE: Address = Address::field("/spec/strategy/rollingUpdate");

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // The controllers of other kinds reckon in other ways.
    if case.workload.id.kind != Kind::Deployment {
        return;
    }
    let Rollout::Rolling { max_unavailable, max_surge } = case.workload.rollout else {
        return;
    };
    // Nobody is served by no replicas, and of a number that cannot be read nothing can be said.
    let Some(replicas) = case.workload.replicas.filter(|replicas| *replicas > 0) else {
        return;
    };
    let missing = unavailable(max_unavailable, max_surge, replicas);
    if missing < replicas {
        return;
    }
    // One replica promises no more than one replica can.
    let cap = if replicas == 1 { Level::Warning } else { Level::Error };
    let address = if max_unavailable.is_some() { MAX_UNAVAILABLE } else { ROLLING_UPDATE };
    let finding = finding(case, address, missing.min(replicas), replicas);
    findings.push(finding.at_most(params.scope.cap(case.ring)).at_most(cap));
}

/// How many pods may be missing, as the Deployment controller reckons (`ResolveFenceposts`): what may be missing is
/// rounded down, what may be added is rounded up, and where both come to 0, one may be missing.
fn unavailable(max_unavailable: Option<Amount>, max_surge: Option<Amount>, replicas: u32) -> u32 {
    let missing = max_unavailable.unwrap_or(DEFAULT).of_rounded_down(replicas);
    let added = max_surge.unwrap_or(DEFAULT).of_rounded_up(replicas);
    if missing == 0 && added == 0 { 1 } else { missing }
}

fn finding(case: &WorkloadCase<'_>, address: Address, missing: u32, replicas: u32) -> Finding {
    let status = case.answers().no_endpoint;
    let all = if replicas == 1 { "its only replica".to_owned() } else { format!("all {replicas} replicas") };
    let instead = if replicas == 1 {
        "maxSurge: 1".to_owned()
    } else {
        "maxSurge: 1   # where there is no room for one more pod: maxUnavailable: 1 and maxSurge: 0".to_owned()
    };
    Finding::at(
        Label::new(&case.workload.id, address),
        format!("a rollout may take down {all} before a new one answers"),
    )
    .status(status)
    .why(format!(
        "The rollout may take {missing} of {replicas} pods away before others have come, so from its start until the first new pod is \
         ready there is no endpoint, and clients get {status}. If the new pods never become ready, it stays so."
    ))
    .help(format!(
        "let a new pod come before an old one goes:\nstrategy:\n  type: RollingUpdate\n  rollingUpdate:\n    maxUnavailable: 0\n    \
         {instead}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_reckoned_as_the_controller_does() {
        use Amount::{Percent, Pods};
        for (max_unavailable, max_surge, replicas, missing) in [
            (None, None, 1, 0),
            (None, None, 4, 1),
            (None, Some(Pods(0)), 1, 1),
            (Some(Percent(50)), Some(Percent(0)), 1, 1),
            (Some(Percent(50)), None, 1, 0),
            (Some(Percent(99)), Some(Pods(0)), 2, 1),
            (Some(Percent(100)), Some(Pods(0)), 3, 3),
            (Some(Pods(5)), Some(Pods(1)), 4, 5),
        ] {
            assert_eq!(
                unavailable(max_unavailable, max_surge, replicas),
                missing,
                "{max_unavailable:?} {max_surge:?} {replicas}"
            );
        }
    }
}
