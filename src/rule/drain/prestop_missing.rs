#![doc = include_str!("prestop_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sidecar_leaves_first::outlasting;
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

/// How long gateways take to learn of a change, where it was not measured.
const USUAL_DELAY: Duration = Duration::from_secs(5);

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
            case.endpoint_delay(USUAL_DELAY)
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
    let (sleep, requests) = (params.sleep, case.longest_request(params.drain));
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
    let (grace, requests) = (&case.workload.grace, case.longest_request(params.drain));
    let Some(sleep) = fitting(params.sleep, requests, grace.as_written().map(|(written, _)| *written)) else {
        return Vec::new();
    };
    let hook = Write { address: container.address(ContainerField::PreStop), value: case.sleep_hook(sleep.as_secs_ceil()) };
    // A grace period that holds this sleep is not raised for the sake of other hooks: that is another rule's finding.
    let is_too_short = grace.value().is_some_and(|grace| *grace < sleep + requests);
    let grace = is_too_short.then(|| case.raised_grace(case.time_to_end(sleep, params.drain))).flatten();
    [hook].into_iter().chain(grace).collect()
}

/// The sleep that fits: half of a grace period that the author wrote too short for the sleep and the requests.
fn fitting(wanted: Duration, requests: Duration, written: Option<Duration>) -> Option<Duration> {
    let sleep = match written {
        Some(grace) if grace < wanted + requests => wanted.min(Duration::from_secs(grace.as_secs_floor() / 2)),
        _ => wanted,
    };
    (sleep >= SHORTEST).then_some(sleep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_grace_bounds_the_sleep() {
        for (written, sleep) in [
            (None, Some(10)),
            (Some(60), Some(10)),
            (Some(25), Some(10)),
            (Some(24), Some(10)),
            (Some(16), Some(8)),
            (Some(9), Some(4)),
            (Some(4), Some(2)),
            (Some(3), None),
            (Some(0), None),
        ] {
            let fits = fitting(Duration::from_secs(10), Duration::from_secs(15), written.map(Duration::from_secs));
            assert_eq!(fits, sleep.map(Duration::from_secs), "{written:?}");
        }
    }
}
