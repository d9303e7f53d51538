#![doc = include_str!("prestop_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::prestop_too_short::ASSUMED;
use super::sidecar_leaves_first::{outlasting, proxy_end};
use crate::finding::{Finding, FixKind};
use crate::model::{Amount, Container, ContainerField, Rollout, Workload, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct PrestopMissing;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// How long the hook sleeps that the fix adds.
    sleep: Duration,
    /// How long the longest request takes where the workload does not say it.
    drain: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), sleep: Duration::from_secs(10), drain: Duration::from_secs(15) }
    }
}

impl Rule for PrestopMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "prestop-missing",
        family: Family::Drain,
        summary: "a container stops at once when its pod is deleted, while gateways still send to it",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::Always,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("prestop_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, ..Params::default() }
    }
}

/// The shortest sleep that is worth a hook.
const SHORTEST: Duration = Duration::from_secs(2);

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Nothing else runs meanwhile: waiting would only widen the gap.
    if leaves_alone(case.workload) {
        return;
    }
    for container in case.serving.iter().copied().filter(|container| container.pre_stop.is_none()) {
        // Then the rule sidecar-leaves-first says it.
        if outlasting(case, container).is_some() {
            continue;
        }
        let status = case.answers().refused;
        let finding = Finding::at(
            case.label(container, ContainerField::Whole),
            format!("container \"{}\" has no preStop hook", container.name),
        )
        .at_most(params.scope.cap(case.ring))
        .status(status)
        .why(format!(
            "A pod that is deleted gets SIGTERM at once, but gateways may go on sending to it for {}. At every rollout and \
             scale-down requests of that time meet a closed port, and clients get {status}.",
            case.endpoint_delay(ASSUMED)
        ))
        .help(help(params, case, container));
        findings.push(finding.fix(FixKind::Add, fix(params, case, container)));
    }
}

/// Whether the last pod goes before the next one comes.
pub(super) fn leaves_alone(workload: &Workload) -> bool {
    let is_only_one = workload.replicas.is_some_and(|replicas| replicas <= 1);
    let is_deployment = workload.id.kind == Kind::Deployment;
    is_deployment && (workload.rollout == Rollout::Recreate || is_only_one && !surges(&workload.rollout))
}

/// Whether new pods come before old ones go.
fn surges(rollout: &Rollout) -> bool {
    match rollout {
        Rollout::Rolling { max_surge, .. } => !matches!(max_surge, Some(Amount::Pods(0) | Amount::Percent(0))),
        Rollout::Recreate | Rollout::Ordered | Rollout::Never => false,
    }
}

/// What to write, with the grace period that this pod needs for it.
fn help(params: &Params, case: &WorkloadCase<'_>, container: &Container) -> String {
    let (sleep, requests) = (wanted(params, case), case.longest_request(params.drain));
    let needed = sleep + requests;
    let is_too_short = case.workload.grace.value().is_some_and(|grace| *grace < needed);
    let grace = if is_too_short {
        format!("terminationGracePeriodSeconds: {}   # {sleep} + {requests} for requests\n", needed.as_secs_ceil())
    } else {
        String::new()
    };
    format!(
        "hold SIGTERM back until the gateways have moved on; the rollout that brings the hook in is not covered by it yet:\n\
         {grace}containers:\n  - name: {}\n    lifecycle:\n      {}",
        container.name,
        case.sleep_hook_shown(sleep.as_secs_ceil()),
    )
}

/// A sleep, and the grace period for it where nobody wrote one.
fn fix(params: &Params, case: &WorkloadCase<'_>, container: &Container) -> Vec<Write> {
    // Where pods go before others come, every second of sleep slows the rollout down: that is for the author to ask for.
    if case.workload.id.kind != Kind::Deployment || !surges(&case.workload.rollout) {
        return Vec::new();
    }
    let (grace, requests, wanted) = (&case.workload.grace, case.longest_request(params.drain), wanted(params, case));
    let written = grace.as_written().map(|(written, _)| written.saturating_sub(requests));
    // A sleep that takes the time of requests or outlives the proxy would only move the failure.
    let Some(sleep) = fitting(wanted, least(case), [written, proxy_end(case)]) else { return Vec::new() };
    let hook = Write { address: container.address(ContainerField::PreStop), value: case.sleep_hook(sleep.as_secs_ceil()) };
    // A grace period that holds this sleep is not raised for the sake of other hooks: that is another rule's finding.
    let is_too_short = grace.value().is_some_and(|grace| *grace < sleep + requests);
    let grace = is_too_short.then(|| case.raised_grace(case.time_to_end(sleep, params.drain))).flatten();
    [hook].into_iter().chain(grace).collect()
}

/// What gateways need at least.
fn least(case: &WorkloadCase<'_>) -> Duration {
    case.endpoint_delay(ASSUMED).max(SHORTEST)
}

/// The sleep to write: as the policy says, unless gateways need more, or Istio's proxy goes earlier.
fn wanted(params: &Params, case: &WorkloadCase<'_>) -> Duration {
    let wanted = params.sleep.max(least(case));
    fitting(wanted, least(case), [None, proxy_end(case)]).unwrap_or(wanted)
}

/// The sleep that keeps to these limits, in whole seconds; none where it would be shorter than `least`.
fn fitting(wanted: Duration, least: Duration, limits: [Option<Duration>; 2]) -> Option<Duration> {
    let limits = limits.into_iter().flatten().map(|limit| Duration::from_secs(limit.as_secs_floor()));
    Some(limits.fold(wanted, Duration::min)).filter(|sleep| *sleep >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_bound_the_sleep_and_gateways_its_least() {
        let seconds = Duration::from_secs;
        for (limits, sleep) in [
            ([None, None], Some(10)),
            ([Some(45), None], Some(10)),
            ([Some(10), Some(10)], Some(10)),
            ([Some(9), Some(30)], Some(9)),
            ([Some(9), Some(5)], Some(5)),
            ([None, Some(4)], None),
            ([Some(0), None], None),
        ] {
            assert_eq!(fitting(seconds(10), seconds(5), limits.map(|own| own.map(seconds))), sleep.map(seconds), "{limits:?}");
        }
        let half = Duration::from_millis(9500);
        assert_eq!(fitting(seconds(10), seconds(5), [Some(half), None]), Some(seconds(9)));
    }
}
