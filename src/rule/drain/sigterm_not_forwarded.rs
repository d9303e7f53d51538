#![doc = include_str!("sigterm_not_forwarded.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Container, ContainerField, Process};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct SigtermNotForwarded;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
}

impl Rule for SigtermNotForwarded {
    type Params = Params;

    const META: Meta = Meta {
        name: "sigterm-not-forwarded",
        family: Family::Drain,
        summary: "a shell or a package manager gets SIGTERM in the place of the server, which is killed in the end",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("sigterm_not_forwarded.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving }
    }
}

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // With a grace period of 0 nobody gets SIGTERM; the rule grace-zero says so.
    let Some(grace) = case.workload.grace.value().copied().filter(|grace| !grace.is_zero()) else { return };
    for container in case.serving.iter().copied() {
        let finding = match container.process {
            Process::Program | Process::ShellAside => continue,
            Process::Shell => of_shell(case, container, grace, "keeps"),
            Process::ShellOrProgram => of_shell(case, container, grace, "may keep"),
            Process::PackageManager(manager) => of_package_manager(case, container, manager),
        };
        findings.push(finding.status(case.answers().refused).at_most(params.scope.cap(case.ring)));
    }
}

fn of_shell(case: &WorkloadCase<'_>, container: &Container, grace: Duration, keeps: &str) -> Finding {
    let message = format!("container \"{}\" runs its server under a shell, which {keeps} SIGTERM to itself", container.name);
    let which = if container.process == Process::ShellOrProgram {
        "Where `sh` is dash, as in Debian and Ubuntu, it"
    } else {
        "The shell"
    };
    Finding::at(case.label(container, ContainerField::Command), message)
        .why(format!(
            "{which} stays process 1, gets SIGTERM, and does not pass it on. The server closes no connection and finishes nothing: \
             {grace} after its deletion the pod is killed, and what it still serves is cut ({}).",
            case.answers().refused
        ))
        .help(
            "let the server take the place of the shell: write `exec` before the last command, with nothing behind it:\n\
             command: [sh, -c, \"prepare && exec server\"]",
        )
}

fn of_package_manager(case: &WorkloadCase<'_>, container: &Container, manager: &str) -> Finding {
    let message = format!("container \"{}\" starts its server with {manager}, which may not pass SIGTERM on", container.name);
    Finding::at(case.label(container, ContainerField::Command), message)
        .why(format!(
            "{manager} runs the server through a shell of its own. It depends on the versions of both whether SIGTERM gets through: else \
             the server goes on until it is killed, or is killed as soon as {manager} ends. Requests that it still serves are cut \
             ({}).",
            case.answers().refused
        ))
        .help("run what the script of the package runs, without the package manager:\ncommand: [node, server.js]")
}
