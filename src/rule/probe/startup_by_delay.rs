#![doc = include_str!("startup_by_delay.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::startup_probe;
use crate::finding::Finding;
use crate::model::{Container, ContainerField, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct StartupByDelay;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// From which delay on it says so.
    over: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), over: Duration::from_secs(60) }
    }
}

impl Rule for StartupByDelay {
    type Params = Params;

    const META: Meta = Meta {
        name: "startup-by-delay",
        family: Family::Probe,
        summary: "a pod is not asked for its first minute or longer, so it gets no requests though it could answer",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("startup_by_delay.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, ..Params::default() }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    for container in case.serving.iter().copied() {
        let (Some(readiness), None) = (&container.readiness, &container.startup) else { continue };
        if readiness.initial_delay >= params.over && !is_killed_before(case, container, readiness) {
            let finding = finding(case, container, readiness, params.over);
            findings.push(finding.at_most(params.scope.cap(case.ring)));
        }
    }
}

/// Whether liveness does not even wait for the start: that is graver, and liveness-before-ready says so.
fn is_killed_before(case: &WorkloadCase<'_>, container: &Container, readiness: &Probe) -> bool {
    let needs = case.workload.declared.start_up.unwrap_or_default().max(readiness.initial_delay);
    container.liveness.as_ref().is_some_and(|liveness| liveness.earliest_failure() < needs)
}

fn finding(case: &WorkloadCase<'_>, container: &Container, readiness: &Probe, over: Duration) -> Finding {
    let (delay, status) = (readiness.initial_delay, case.answers().no_endpoint);
    let needs = case.workload.declared.start_up.unwrap_or(delay);
    let message = format!("readinessProbe of container \"{}\" is first asked after {delay}", container.name);
    Finding::at(case.label(container, ContainerField::ReadinessDelay), message)
        .status(status)
        .excess(delay.saturating_sub(over).as_secs_ceil())
        .why(format!(
            "A pod gets no requests for {delay}, even if it could answer after ten seconds. That holds for every rollout, every pod \
             that is added under load, and every restart; clients get {status} where no other pod is left. A start that takes longer \
             is not helped by it either."
        ))
        .help(format!(
            "ask from the beginning, for as long as the slowest start may take, and remove initialDelaySeconds:\n{}",
            startup_probe(&readiness.handler, needs),
        ))
}
