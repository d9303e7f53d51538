#![doc = include_str!("readiness_slow_to_notice.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct ReadinessSlowToNotice;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// The longest time that a server that hangs may go unnoticed.
    within: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), within: Duration::from_secs(30) }
    }
}

impl Rule for ReadinessSlowToNotice {
    type Params = Params;

    const META: Meta = Meta {
        name: "readiness-slow-to-notice",
        family: Family::Probe,
        summary: "a server that hangs keeps its traffic for long, since readiness gives up late",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("readiness_slow_to_notice.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, ..Params::default() }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    for container in case.serving.iter().copied() {
        // Where the timeout sets the pace, probe-timeout-over-period says so, and says it more precisely.
        let Some(probe) = container.readiness.as_ref().filter(|probe| probe.timeout <= probe.period) else { continue };
        if probe.patience() > params.within {
            let finding = finding(case, container, probe, params.within);
            findings.push(finding.at_most(params.scope.cap(case.ring)));
        }
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, probe: &Probe, within: Duration) -> Finding {
    let (answers, patience) = (case.answers(), probe.patience());
    let message = format!("readinessProbe of container \"{}\" needs {patience} to notice that it hangs", container.name);
    Finding::at(case.label(container, ContainerField::Readiness), message)
        .status(answers.too_slow)
        .excess(patience.saturating_sub(within).as_secs_ceil())
        .why(format!(
            "It gives up after {} x {} = {patience}, where {within} is the most that should pass. Until then a server that hangs gets its \
             share of all requests, and clients get {} for them, or {} where it refuses them.",
            probe.failures,
            probe.period,
            answers.too_slow,
            answers.refused,
        ))
        .help(help(probe, within))
}

/// What to write: fewer tries at this pace, or a faster pace.
fn help(probe: &Probe, within: Duration) -> String {
    let period = probe.period.as_secs_ceil().max(1);
    let failures = within.as_secs_floor() / period;
    if failures >= 2 {
        let seconds = failures.saturating_mul(period);
        return format!("let it give up sooner:\nreadinessProbe:\n  failureThreshold: {failures}   # x {period} s = {seconds} s");
    }
    let faster = (within.as_secs_floor() / 3).max(1);
    format!(
        "let it ask more often:\nreadinessProbe:\n  periodSeconds: {faster}\n  timeoutSeconds: {}\n  failureThreshold: 3   # x {faster} \
         s = {} s",
        probe.timeout.as_secs_ceil().min(faster),
        faster.saturating_mul(3),
    )
}
