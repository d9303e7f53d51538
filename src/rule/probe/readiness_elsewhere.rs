#![doc = include_str!("readiness_elsewhere.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked_port;
use crate::finding::Finding;
use crate::model::{Container, ContainerField, Handler, Probe};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ReadinessElsewhere;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for ReadinessElsewhere {
    type Params = Params;

    const META: Meta = Meta {
        name: "readiness-elsewhere",
        family: Family::Probe,
        summary: "readiness does not ask the container that gets the requests, so a pod looks ready before it is",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("readiness_elsewhere.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

/// What a readiness probe looks at instead of its own container's ports.
enum Elsewhere<'c> {
    /// A port that another container declares.
    Port(u16, &'c Container),
    /// Files or processes.
    Files,
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Readiness gates mean that something outside the pod decides too.
    if case.workload.has_readiness_gates {
        return;
    }
    for container in case.serving.iter().copied() {
        let Some(probe) = &container.readiness else { continue };
        let Some(elsewhere) = elsewhere(case, container, probe) else { continue };
        // A pod is ready when all its containers are, so it is enough if one of them asks.
        if !is_asked(case, container) {
            findings.push(finding(case, container, &elsewhere).at_most(params.scope.cap(case.ring)));
        }
    }
}

/// Where a probe looks, if that is certain not to be its own container. A port that nobody declares is a port for health
/// checks, and normal.
fn elsewhere<'c>(case: &WorkloadCase<'c>, container: &Container, probe: &Probe) -> Option<Elsewhere<'c>> {
    if let Handler::Exec(words) = &probe.handler {
        return looks_away(words).then_some(Elsewhere::Files);
    }
    let number = asked_port(container, probe)?;
    Some(Elsewhere::Port(number, case.other_owner(container, number)?))
}

/// Whether any probe that holds back readiness asks a port of this container, or one that may be its.
fn is_asked(case: &WorkloadCase<'_>, container: &Container) -> bool {
    case.workload.containers.iter().any(|other| {
        let mut probes = [&other.readiness, &other.startup].into_iter().flatten();
        probes.any(|probe| asked_port(other, probe).is_some_and(|number| case.other_owner(container, number).is_none()))
    })
}

/// Programs that look at files and processes, and open no connection.
const LOOKS_AWAY: &[&str] =
    &["[", "[[", "cat", "echo", "exit", "grep", "head", "ls", "pgrep", "pidof", "ps", "stat", "tail", "test", "true", "wc"];

/// Whether a command looks at files and processes only. Any other program, and any script, may well ask the port.
fn looks_away(words: &[Box<str>]) -> bool {
    let is_opaque = |word: &str| ["$(", "`", "/tcp"].iter().any(|part| word.contains(part));
    if words.iter().any(|word| is_opaque(word)) {
        return false;
    }
    match words {
        [shell, flag, script] if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') => {
            let mut commands = script.split([';', '&', '|', '\n']).filter_map(|command| command.split_whitespace().next());
            commands.all(is_look)
        }
        [program, ..] => is_look(program),
        [] => false,
    }
}

fn is_shell(program: &str) -> bool {
    matches!(name(program), "ash" | "bash" | "dash" | "sh")
}

fn is_look(program: &str) -> bool {
    LOOKS_AWAY.contains(&name(program))
}

/// The name of a program without its folder.
fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn finding(case: &WorkloadCase<'_>, container: &Container, elsewhere: &Elsewhere<'_>) -> Finding {
    let (own, status) = (&container.name, case.answers().refused);
    let label = case.label(container, ContainerField::Readiness);
    let finding = match elsewhere {
        Elsewhere::Port(number, other) => {
            let owner = &other.name;
            Finding::at(
                label,
                format!("readinessProbe of container \"{own}\" asks port {number}, which is that of container \"{owner}\""),
            )
            .related(case.label(other, ContainerField::Whole), format!("declares {number}"))
        }
        Elsewhere::Files => {
            Finding::at(label, format!("readinessProbe of container \"{own}\" looks at files or processes, and asks no port"))
        }
    };
    let port = case.serving_port(container).map_or_else(|| "8080".to_owned(), |port| port.to_string());
    finding
        .status(status)
        .why(format!(
            "Nothing asks container \"{own}\" whether it answers, so its pod counts as ready while it does not: before it listens, and \
             after it hangs. Requests go there, and clients get {status}."
        ))
        .help(format!(
            "ask the port that serves requests:\nreadinessProbe:\n  httpGet: {{path: /healthz, port: {port}}}   # a path that answers 200 \
             only when requests can be served"
        ))
}
