#![doc = include_str!("prestop_outlasts_grace.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind, Label};
use crate::model::{Container, ContainerField, Hook, Workload};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct PrestopOutlastsGrace;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// The level at most where the workload does not say that its requests are long.
    undeclared: Level,
    /// How long the longest request takes where the workload does not say it.
    drain: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), undeclared: Level::Warning, drain: Duration::from_secs(15) }
    }
}

impl Rule for PrestopOutlastsGrace {
    type Params = Params;

    const META: Meta = Meta {
        name: "prestop-outlasts-grace",
        family: Family::Drain,
        summary: "a preStop hook uses up the grace period, so requests in progress are cut",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::Always,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("prestop_outlasts_grace.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, undeclared: Level::Error, ..Params::default() }
    }
}

/// What the kubelet leaves a container after a hook that used up the grace period (`minimumGracePeriodInSeconds`).
const REMAINDER: Duration = Duration::from_secs(2);

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // With a grace period of 0 hooks are not run at all; the rule grace-zero says so.
    let Some(grace) = case.workload.grace.value().copied().filter(|grace| !grace.is_zero()) else {
        return;
    };
    let unless_long = if says_long(case.workload) { Level::Error } else { params.undeclared };
    for container in case.serving.iter().copied() {
        let Some(delay) = container.pre_stop.as_ref().and_then(Hook::delay) else {
            continue;
        };
        if delay >= grace {
            let finding = finding(params, case, container, delay, grace);
            findings.push(finding.at_most(params.scope.cap(case.ring)).at_most(unless_long));
        }
    }
}

/// Whether the workload says of itself that some of its exchanges take longer than what remains for them.
fn says_long(workload: &Workload) -> bool {
    workload.declared.websocket || workload.declared.longest_request.is_some_and(|longest| longest > REMAINDER)
}

fn finding(params: &Params, case: &WorkloadCase<'_>, container: &Container, delay: Duration, grace: Duration) -> Finding {
    let status = case.answers().refused;
    let requests = case.longest_request(params.drain);
    // What all hooks of the pod need, so that the findings of several containers ask for the same.
    let needed = case.time_to_end(delay, params.drain);
    let against = if delay == grace { "uses up the whole" } else { "outlasts the" };
    let message = format!("preStop of container \"{}\", {delay}, {against} grace period of {grace}", container.name);
    let mut finding = Finding::at(case.label(container, ContainerField::PreStop), message);
    if let Some((_, address)) = case.workload.grace.as_written() {
        finding = finding.related(Label::new(&case.workload.id, address.clone()), "the grace period");
    }
    finding
        .status(status)
        .excess((delay.saturating_sub(grace) + requests).as_secs_ceil())
        .why(format!(
            "The grace period runs from the deletion of the pod, hook included: {delay} of preStop leave nothing of {grace}. SIGTERM \
             comes at its end and SIGKILL {REMAINDER} later, and a request that is still in progress ends in {status}."
        ))
        .help(format!(
            "give the pod time for the hook and for its longest request:\nterminationGracePeriodSeconds: {}   # {} preStop + \
             {requests} for requests",
            needed.as_secs_ceil(),
            needed.saturating_sub(requests),
        ))
        .fix(FixKind::Add, case.raised_grace(needed).into_iter().collect())
}
