#![doc = include_str!("probe_timeout_over_period.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ProbeTimeoutOverPeriod;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for ProbeTimeoutOverPeriod {
    type Params = Params;

    const META: Meta = Meta {
        name: "probe-timeout-over-period",
        family: Family::Probe,
        summary: "a probe may take longer than its period, so a server that hangs keeps its traffic for longer",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("probe_timeout_over_period.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Every container counts: the readiness of a pod is that of all of them.
    for container in &case.workload.containers {
        let probes = [
            ("readinessProbe", ContainerField::ReadinessTimeout, &container.readiness, "loses its traffic"),
            ("livenessProbe", ContainerField::LivenessTimeout, &container.liveness, "is restarted"),
        ];
        for (name, field, probe, outcome) in probes {
            if let Some(probe) = probe.as_ref().filter(|probe| probe.timeout > probe.period) {
                let finding = finding(case, container, name, field, probe, outcome);
                findings.push(finding.at_most(params.scope.cap(case.ring)));
            }
        }
    }
}

fn finding(
    case: &WorkloadCase<'_>,
    container: &Container,
    name: &str,
    field: ContainerField,
    probe: &Probe,
    outcome: &str,
) -> Finding {
    let Probe { timeout, period, failures, .. } = probe;
    let (real, meant, status) = (probe.patience(), *period * *failures, case.answers().too_slow);
    let message =
        format!("{name} of container \"{}\" waits up to {timeout} for an answer, but its period is {period}", container.name);
    Finding::at(case.label(container, field), message)
        .status(status)
        .excess(timeout.saturating_sub(*period).as_secs_ceil())
        .why(format!(
            "Tries of one probe never overlap, so the timeout sets the pace: a container that hangs {outcome} only after \
             {failures} x {timeout} = {real}, not after {failures} x {period} = {meant}. Requests that wait for it meanwhile \
             end in {status}."
        ))
        .help(format!(
            "let a try end before the next one is due:\n{name}:\n  periodSeconds: {seconds}\n  timeoutSeconds: {most}   # {seconds} \
             at most; or raise periodSeconds to {longest}",
            seconds = period.as_secs_ceil(),
            longest = timeout.as_secs_ceil(),
            most = (period.as_secs_ceil() / 2).max(1),
        ))
}
