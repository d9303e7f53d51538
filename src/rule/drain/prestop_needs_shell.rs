#![doc = include_str!("prestop_needs_shell.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Hook};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct PrestopNeedsShell;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for PrestopNeedsShell {
    type Params = Params;

    const META: Meta = Meta {
        name: "prestop-needs-shell",
        family: Family::Drain,
        summary: "a preStop hook runs a sleep of the image, which an image without a shell does not have",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("prestop_needs_shell.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // An older API server knows no other sleep.
    if !case.facts.has_native_sleep {
        return;
    }
    // The API server refuses a sleep of its own that is longer than the grace period; the rule prestop-outlasts-grace says so.
    let Some(longest) = case.workload.grace.value().copied() else { return };
    // A container that is started by a shell has one.
    for container in case.serving.iter().copied().filter(|container| !container.process.has_shell()) {
        if let Some(Hook::ExecSleep(delay)) = container.pre_stop
            && !delay.is_zero()
            && delay <= longest
        {
            findings.push(finding(case, container, delay).at_most(params.scope.cap(case.ring)));
        }
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, delay: Duration) -> Finding {
    let status = case.answers().refused;
    let message = format!("preStop of container \"{}\" needs a `sleep` in its image", container.name);
    Finding::at(case.label(container, ContainerField::PreStop), message)
        .status(status)
        .why(format!(
            "Where the image has none (distroless, scratch), the command cannot start, and the kubelet sends SIGTERM at once: the \
             {delay} do not happen, only an event FailedPreStopHook tells of it, and clients get {status}. The kubelet's own sleep \
             needs nothing of the image."
        ))
        .help(format!(
            "write the sleep of the kubelet in the place of the command:\nlifecycle:\n  {}",
            case.sleep_hook_shown(delay.as_secs_ceil())
        ))
}
