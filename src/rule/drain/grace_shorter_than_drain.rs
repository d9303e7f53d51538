#![doc = include_str!("grace_shorter_than_drain.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind, Label};
use crate::model::ContainerField;
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct GraceShorterThanDrain;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// How long the longest request takes where the workload does not say it.
    drain: Duration,
}

/// How long the longest request is taken to last where nobody says otherwise.
pub const ASSUMED: Duration = Duration::from_secs(15);

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), drain: ASSUMED }
    }
}

impl Rule for GraceShorterThanDrain {
    type Params = Params;

    const META: Meta = Meta {
        name: "grace-shorter-than-drain",
        family: Family::Drain,
        summary: "the grace period is too short for the preStop hook and the longest request together",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::Optional,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("grace_shorter_than_drain.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, ..Params::default() }
    }
}

/// What the finding points at where nobody wrote a grace period.
const POD: Address = Address::field("/spec/template/spec");

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // At 0 nothing drains at all; the rule grace-zero says so.
    let Some(grace) = case.workload.grace.value().copied().filter(|grace| !grace.is_zero()) else {
        return;
    };
    let hook = case.longest_pre_stop().map_or(Duration::ZERO, |(_, delay)| delay);
    // Then the rule prestop-outlasts-grace says it.
    if hook >= grace {
        return;
    }
    if case.time_to_end(Duration::ZERO, params.drain) > grace {
        findings.push(finding(params, case, hook, grace).at_most(params.scope.cap(case.ring)));
    }
}

fn finding(params: &Params, case: &WorkloadCase<'_>, hook: Duration, grace: Duration) -> Finding {
    let status = case.answers().refused;
    let (needed, requests) = (case.time_to_end(Duration::ZERO, params.drain), case.longest_request(params.drain));
    let address = case.workload.grace.as_written().map_or(POD, |(_, address)| address.clone());
    let sum =
        if hook.is_zero() { format!("{requests} for requests") } else { format!("{hook} preStop + {requests} for requests") };
    let source = if case.workload.declared.longest_request.is_some() { "declared to take" } else { "taken to last" };
    let message = format!("the grace period of {grace} is shorter than the {needed} that draining needs");
    let mut finding = Finding::at(Label::new(&case.workload.id, address), message);
    if let Some((container, delay)) = case.longest_pre_stop() {
        finding = finding.related(case.label(container, ContainerField::PreStop), format!("holds SIGTERM back for {delay}"));
    }
    finding
        .status(status)
        .excess(needed.saturating_sub(grace).as_secs_ceil())
        .why(format!(
            "{grace} grace < {sum}: the longest request is {source} {requests}, and SIGTERM leaves it {} before SIGKILL. A request \
             that takes longer is cut, and its client gets {status}.",
            grace.saturating_sub(hook)
        ))
        .help(format!(
            "give the pod that time, or declare how long requests really take with the annotation no502.dev/longest-request:\n\
             terminationGracePeriodSeconds: {}   # {sum}",
            needed.as_secs_ceil()
        ))
        .fix(FixKind::Add, case.raised_grace(needed).into_iter().collect())
}
