#![doc = include_str!("deadline_before_ready.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Container, Workload};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct DeadlineBeforeReady;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for DeadlineBeforeReady {
    type Params = Params;

    const META: Meta = Meta {
        name: "deadline-before-ready",
        family: Family::Rollout,
        summary: "a rollout may be said to have failed before its pods had the time to become ready",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment, Kind::Service],
        since: "0.1.0",
        page: include_str!("deadline_before_ready.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

const DEADLINE: Address = Address::field("/spec/progressDeadlineSeconds");

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    // Controllers of other kinds have no such deadline.
    if workload.id.kind != Kind::Deployment || case.ring == Ring::Nobody {
        return;
    }
    let (Some(deadline), start_up) = (workload.deadline.value().copied(), start_up(workload)) else { return };
    let needed = workload.min_ready + start_up;
    // Without a time that anybody grants to the start there is nothing to compare.
    if start_up.is_zero() || needed < deadline {
        return;
    }
    // What is granted is a bound that pods seldom reach; the delay of readiness is waited out by each.
    if needed == deadline && workload.min_ready + delay(workload) < deadline {
        return;
    }
    let shown = if workload.deadline.is_written() { String::new() } else { " (the default)".to_owned() };
    findings.push(
        Finding::at(
            Label::new(&workload.id, DEADLINE),
            format!("its rollout counts as failed after {deadline}, but a pod may take {needed} to become available"),
        )
        .excess(needed.saturating_sub(deadline).as_secs_ceil())
        .why(format!(
            "{start_up} to start, as its probes or no502.dev/start-up allow, + {} minReadySeconds = {needed}, and progressDeadlineSeconds is \
             {deadline}{shown}. The rollout itself goes on, but `kubectl rollout status` and Helm fail by it: a pipeline then rolls a good version \
             back, and that is one more rollout under traffic.",
            workload.min_ready
        ))
        .help(format!(
            "give the rollout more time than a pod may take, or let pods start faster:\nprogressDeadlineSeconds: {}",
            (needed + Duration::from_secs(60)).as_secs_ceil()
        )),
    );
}

/// How long a pod may take to start: as it says itself, or as the probes of its slowest container allow.
fn start_up(workload: &Workload) -> Duration {
    let probes = workload.regular_containers().map(granted).max().unwrap_or_default();
    workload.declared.start_up.unwrap_or_default().max(probes)
}

/// How long no pod is ready, however fast it starts.
fn delay(workload: &Workload) -> Duration {
    let delays = workload.regular_containers().filter_map(|container| Some(container.readiness.as_ref()?.initial_delay));
    delays.max().unwrap_or_default()
}

/// How long a container may take until it is ready, or is killed for taking longer. Readiness waits for the end of its own delay,
/// and goes on asking as long as it takes.
fn granted(container: &Container) -> Duration {
    let startup = container.startup.as_ref().map(|probe| probe.initial_delay + probe.period * probe.failures);
    let readiness = container.readiness.as_ref().map(|probe| probe.initial_delay);
    startup.max(readiness).unwrap_or_default()
}
