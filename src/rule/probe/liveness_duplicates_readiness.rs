#![doc = include_str!("liveness_duplicates_readiness.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Handler, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct LivenessDuplicatesReadiness;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for LivenessDuplicatesReadiness {
    type Params = Params;

    const META: Meta = Meta {
        name: "liveness-duplicates-readiness",
        family: Family::Probe,
        summary: "liveness asks what readiness asks and gives up no later, so trouble means a restart",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("liveness_duplicates_readiness.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    for container in case.serving.iter().copied() {
        let (Some(liveness), Some(readiness)) = (&container.liveness, &container.readiness) else {
            continue;
        };
        // Two handlers that we do not know are not known to be the same.
        let same = liveness.handler == readiness.handler && liveness.handler != Handler::Other;
        if same && liveness.patience() <= readiness.patience() {
            let finding = finding(case, container, liveness, readiness);
            findings.push(finding.at_most(params.scope.cap(case.ring)));
        }
    }
}

fn finding(case: &WorkloadCase<'_>, container: &Container, liveness: &Probe, readiness: &Probe) -> Finding {
    let status = case.answers().refused;
    let (restart, removal) = (liveness.patience(), readiness.patience());
    let message = format!("livenessProbe of container \"{}\" repeats its readinessProbe and gives up no later", container.name);
    Finding::at(case.label(container, ContainerField::Liveness), message)
        .related(case.label(container, ContainerField::Readiness), format!("gives up after {}", spelled_out(readiness)))
        .status(status)
        .excess(removal.saturating_sub(restart).as_secs_ceil())
        .why(format!(
            "When the check fails, for instance because a dependency is slow, liveness gives up after {} and readiness after {}. \
             The container is restarted where it should only have been left alone: its requests are cut, and clients get \
             {status}.",
            spelled_out(liveness),
            spelled_out(readiness),
        ))
        .help(help(liveness, readiness))
}

/// How long a probe takes to give up, as it is reckoned: `3 x 10 s = 30 s`.
fn spelled_out(probe: &Probe) -> String {
    format!("{} x {} = {}", probe.failures, probe.period.max(probe.timeout), probe.patience())
}

/// How much longer than readiness liveness should wait where both ask the same.
const PATIENCE: u64 = 4;

/// What to write, in the pace of this probe.
fn help(liveness: &Probe, readiness: &Probe) -> String {
    let pace = liveness.period.max(liveness.timeout).as_secs_floor().max(1);
    let failures = readiness.patience().as_secs_ceil().saturating_mul(PATIENCE).div_ceil(pace);
    format!(
        "let liveness ask for nothing but the process itself, leave it out, or let it wait much longer:\nlivenessProbe:\n  \
         failureThreshold: {failures}   # x {pace} s = {} s, readiness gives up after {}",
        failures.saturating_mul(pace),
        readiness.patience(),
    )
}
