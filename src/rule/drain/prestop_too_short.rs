#![doc = include_str!("prestop_too_short.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Hook};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct PrestopTooShort;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// The shortest delay that is enough; where the gateway's own one is known, that holds instead.
    at_least: Duration,
}

/// How long a gateway is taken to send to a pod that is gone, where nobody measured it.
pub const ASSUMED: Duration = Duration::from_secs(5);

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), at_least: ASSUMED }
    }
}

impl Rule for PrestopTooShort {
    type Params = Params;

    const META: Meta = Meta {
        name: "prestop-too-short",
        family: Family::Drain,
        summary: "a preStop hook ends before the gateways have stopped sending requests",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("prestop_too_short.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, ..Params::default() }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let needed = case.endpoint_delay(params.at_least);
    for container in case.serving.iter().copied() {
        // How long a script or a call takes cannot be told.
        let Some(delay) = container.pre_stop.as_ref().and_then(Hook::delay) else {
            continue;
        };
        if delay < needed {
            let finding = finding(case, container, delay, needed);
            findings.push(finding.at_most(params.scope.cap(case.ring)));
        }
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, delay: Duration, needed: Duration) -> Finding {
    let status = case.answers().refused;
    let missing = needed.saturating_sub(delay);
    let message = format!("preStop of container \"{}\" takes {delay}, but gateways need {needed}", container.name);
    Finding::at(case.label(container, ContainerField::PreStop), message)
        .status(status)
        .excess(missing.as_secs_ceil())
        .why(format!(
            "The server gets SIGTERM {delay} after its pod is deleted, but gateways may go on sending to it for {needed}. Requests of \
             the {missing} in between meet a closed port or a connection that is going away, and clients get {status}."
        ))
        .help(format!(
            "sleep longer; the grace period has to hold the sleep and the longest request:\nlifecycle:\n  {}",
            case.sleep_hook_shown(ADVISED.max(needed).as_secs_ceil())
        ))
}

/// A sleep that is enough for most gateways.
const ADVISED: Duration = Duration::from_secs(10);
