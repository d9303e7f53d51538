#![doc = include_str!("readiness_probe_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::finding::{Finding, FixKind};
use crate::model::{Container, ContainerField, Handler, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ReadinessProbeMissing;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for ReadinessProbeMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "readiness-probe-missing",
        family: Family::Probe,
        summary: "a container gets requests before it listens, since nothing asks whether it is ready",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::Optional,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment, Kind::Ingress, Kind::Service],
        since: "0.1.0",
        page: include_str!("readiness_probe_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Readiness gates mean that something outside the pod decides too.
    if case.workload.has_readiness_gates {
        return;
    }
    for container in case.serving.iter().copied().filter(|container| container.readiness.is_none()) {
        let status = case.answers().refused;
        let finding = Finding::at(
            case.label(container, ContainerField::Whole),
            format!("container \"{}\" has no readinessProbe", container.name),
        )
        .at_most(params.scope.cap(case.ring))
        .status(status)
        .why(format!(
            "Kubernetes calls a container without a readinessProbe ready as soon as its process runs. At every rollout, restart \
             and scale-up requests reach it before it listens, and clients get {status} until it does."
        ))
        .help(help(case, container));
        findings.push(finding.fix(FixKind::Add, fix(case, container)));
    }
}

/// What to write, with this container's own port.
fn help(case: &WorkloadCase<'_>, container: &Container) -> String {
    let port = case.serving_port(container).map_or_else(|| "8080".to_owned(), |port| port.to_string());
    format!(
        "give it a readinessProbe on the port that serves requests:\n\
         readinessProbe:\n  httpGet: {{path: /healthz, port: {port}}}   # a path that answers 200 only when requests can be served\n  \
         periodSeconds: 5"
    )
}

/// The most that can be added without knowing the application: a TCP connect to the port that requests go to. Not where
/// liveness asks the same: readiness would have to give up first, and how fast it may is for the author to say.
fn fix(case: &WorkloadCase<'_>, container: &Container) -> Vec<Write> {
    let asks_tcp = container.liveness.as_ref().is_some_and(|liveness| matches!(liveness.handler, Handler::Tcp { .. }));
    let probe = case
        .serving_port(container)
        .filter(|_| !asks_tcp)
        .map(|port| Write { address: container.address(ContainerField::Readiness), value: json!({"tcpSocket": {"port": port}}) });
    probe.into_iter().collect()
}
