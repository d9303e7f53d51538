#![doc = include_str!("readiness_flaps.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct ReadinessFlaps;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for ReadinessFlaps {
    type Params = Params;

    const META: Meta = Meta {
        name: "readiness-flaps",
        family: Family::Probe,
        summary: "one slow answer to a probe takes a pod out of service",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("readiness_flaps.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

/// What a probe waits for an answer where nobody says more.
const HASTY: Duration = Duration::from_secs(1);

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Every container counts: the readiness of a pod is that of all of them.
    for container in &case.workload.containers {
        if let Some(probe) = container.readiness.as_ref().filter(|probe| probe.failures == 1 && probe.timeout <= HASTY) {
            findings.push(finding(case, container, probe).at_most(params.scope.cap(case.ring)));
        }
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, probe: &Probe) -> Finding {
    let Probe { timeout, period, .. } = probe;
    let status = case.answers().no_endpoint;
    let message =
        format!("readinessProbe of container \"{}\" fails for a single answer that takes over {timeout}", container.name);
    Finding::at(case.label(container, ContainerField::ReadinessFailures), message)
        .status(status)
        .why(format!(
            "One pause of {timeout}, of a garbage collector or a busy node, takes the pod out of service until it is asked again, {period} \
             later. Its share of the requests goes to the other pods. Where load was the reason they are next, and clients get {status} \
             once none is left."
        ))
        .help(help(probe))
}

/// What to write: three failures in a row, without becoming slow to notice a server that hangs.
fn help(probe: &Probe) -> String {
    let period = probe.period.as_secs_ceil().min(10);
    format!(
        "let it count to three:\nreadinessProbe:\n  periodSeconds: {period}\n  failureThreshold: 3   # x {period} s = {} s",
        period.saturating_mul(3),
    )
}
