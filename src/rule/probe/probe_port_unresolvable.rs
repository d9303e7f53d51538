#![doc = include_str!("probe_port_unresolvable.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Asks;
use crate::finding::Finding;
use crate::model::{Container, ContainerField, Handler, Port};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ProbePortUnresolvable;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::Serving }
    }
}

impl Rule for ProbePortUnresolvable {
    type Params = Params;

    const META: Meta = Meta {
        name: "probe-port-unresolvable",
        family: Family::Probe,
        summary: "a probe asks a named port that its container does not declare, so the pod never becomes ready",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("probe_port_unresolvable.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

impl Asks {
    /// The port as a name, and where it stands; none for numbers and for handlers that take no names.
    fn named_port(self, handler: &Handler) -> Option<(&str, ContainerField)> {
        let (port, field) = match (handler, self) {
            (Handler::Http { port, .. }, Self::Readiness) => (port, ContainerField::ReadinessHttpPort),
            (Handler::Http { port, .. }, Self::Startup) => (port, ContainerField::StartupHttpPort),
            (Handler::Http { port, .. }, Self::Liveness) => (port, ContainerField::LivenessHttpPort),
            (Handler::Tcp { port, .. }, Self::Readiness) => (port, ContainerField::ReadinessTcpPort),
            (Handler::Tcp { port, .. }, Self::Startup) => (port, ContainerField::StartupTcpPort),
            (Handler::Tcp { port, .. }, Self::Liveness) => (port, ContainerField::LivenessTcpPort),
            _ => return None,
        };
        match port {
            Some(Port::Name(name)) => Some((name, field)),
            Some(Port::Number(_)) | None => None,
        }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Every container counts, whether it serves or not: one that is not ready keeps its pod out of service.
    for container in &case.workload.containers {
        for asks in Asks::ALL {
            let Some((name, field)) = asks.of(container).and_then(|probe| asks.named_port(&probe.handler)) else {
                continue;
            };
            if !declares(container, name) {
                findings.push(finding(case, container, asks, name, field).at_most(params.scope.cap(case.ring)));
            }
        }
    }
}

fn declares(container: &Container, name: &str) -> bool {
    container.ports.iter().any(|port| &*port.name == name)
}

fn finding(case: &WorkloadCase<'_>, container: &Container, asks: Asks, name: &str, field: ContainerField) -> Finding {
    let probe = asks.name();
    let message =
        format!("{probe} of container \"{}\" asks port \"{name}\", which the container does not declare", container.name);
    let mut finding = Finding::at(case.label(container, field), message).help(help(container, name));
    // The name of another container's port is the usual mistake.
    for other in case.workload.containers.iter().filter(|other| declares(other, name)) {
        let note = format!("container \"{}\" declares \"{name}\", but a probe sees its own container only", other.name);
        finding = finding.related(case.label(other, ContainerField::Whole), note);
    }
    let lookup =
        format!("The kubelet looks the name \"{name}\" up among the ports of container \"{}\" and finds none", container.name);
    let status = case.answers().no_endpoint;
    match asks {
        Asks::Readiness => finding.status(status).why(format!(
            "{lookup}, so every try ends in an error and the pod never becomes ready. The rollout gets stuck, and clients get \
             {status} where no older pod is left."
        )),
        Asks::Startup => finding.status(status).why(format!(
            "{lookup}, so the container never counts as started, and readiness is not even asked. The rollout gets stuck, and \
             clients get {status} where no older pod is left."
        )),
        // Nothing fails by itself: an error counts neither as success nor as failure.
        Asks::Liveness => finding.at_most(Level::Warning).why(format!(
            "{lookup}, so every try ends in an error, which counts as no failure. A container that hangs is never restarted."
        )),
    }
}

/// What to write, with the ports that this container declares.
fn help(container: &Container, name: &str) -> String {
    let named: Vec<String> =
        container.ports.iter().filter(|port| !port.name.is_empty()).map(|port| format!("port: {}", port.name)).collect();
    if !named.is_empty() {
        return format!("write a name that container \"{}\" declares:\n{}", container.name, named.join("\n# or\n"));
    }
    let number = container.ports.first().map_or(8080, |port| port.number);
    format!("give the port that name in container \"{}\":\nports:\n  - name: {name}\n    containerPort: {number}", container.name)
}
