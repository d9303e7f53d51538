#![doc = include_str!("liveness_before_ready.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::startup_probe;
use crate::finding::Finding;
use crate::model::{Container, ContainerField, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct LivenessBeforeReady;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for LivenessBeforeReady {
    type Params = Params;

    const META: Meta = Meta {
        name: "liveness-before-ready",
        family: Family::Probe,
        summary: "liveness may kill a container before it has finished starting",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("liveness_before_ready.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // What is declared of the start-up is said of the application, not of what runs beside it.
    for container in case.serving.iter().copied() {
        // A startup probe holds liveness back until it has passed.
        let (Some(liveness), None) = (&container.liveness, &container.startup) else {
            continue;
        };
        let kill = liveness.earliest_failure();
        let declared = case.workload.declared.start_up.filter(|start_up| kill < *start_up);
        let delay = container.readiness.as_ref().map(|readiness| readiness.initial_delay).filter(|delay| kill < *delay);
        let finding = match (declared, delay) {
            (Some(start_up), _) => before_start_up(case, container, liveness, start_up),
            // A delay is not a start-up time.
            (None, Some(delay)) => before_first_question(case, container, liveness, delay).at_most(Level::Warning),
            (None, None) => continue,
        };
        findings.push(finding.at_most(params.scope.cap(case.ring)));
    }
}

fn before_start_up(case: &WorkloadCase<'_>, container: &Container, liveness: &Probe, start_up: Duration) -> Finding {
    let kill = liveness.earliest_failure();
    let message =
        format!("livenessProbe may kill container \"{}\" after {kill}, but it needs {start_up} to start", container.name);
    finding(case, container, liveness, message, start_up).why(format!(
        "Liveness can give up after {}, before the {start_up} that no502.dev/start-up declares. The container is killed and starts \
         again, in a loop that it never gets out of, and clients get {} once no older pod is left.",
        spelled_out(liveness),
        case.answers().refused,
    ))
}

fn before_first_question(case: &WorkloadCase<'_>, container: &Container, liveness: &Probe, delay: Duration) -> Finding {
    let kill = liveness.earliest_failure();
    let message = format!(
        "livenessProbe may kill container \"{}\" after {kill}, before its readinessProbe is first asked after {delay}",
        container.name
    );
    finding(case, container, liveness, message, delay)
        .related(case.label(container, ContainerField::Readiness), format!("first asked after {delay}"))
        .why(format!(
            "Liveness can give up after {}, and readiness waits for {delay}. If the container really needs that long, it is killed \
             and starts again in a loop, and clients get {} once no older pod is left.",
            spelled_out(liveness),
            case.answers().refused,
        ))
}

fn finding(case: &WorkloadCase<'_>, container: &Container, liveness: &Probe, message: String, needs: Duration) -> Finding {
    Finding::at(case.label(container, ContainerField::Liveness), message)
        .status(case.answers().refused)
        .excess(needs.saturating_sub(liveness.earliest_failure()).as_secs_ceil())
        .help(help(liveness, needs))
}

/// When liveness can give up, as it is reckoned: `0 s + 2 x 10 s = 20 s (failureThreshold 3)`.
fn spelled_out(liveness: &Probe) -> String {
    let Probe { initial_delay, period, failures, .. } = liveness;
    let (pauses, kill) = (failures.saturating_sub(1), liveness.earliest_failure());
    format!("{initial_delay} + {pauses} x {period} = {kill} (failureThreshold {failures})")
}

/// What to write instead.
fn help(liveness: &Probe, needs: Duration) -> String {
    format!("add a startupProbe; liveness waits until it has passed:\n{}", startup_probe(&liveness.handler, needs))
}
