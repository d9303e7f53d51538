#![doc = include_str!("grace_zero.md")]

use crate::finding::{Finding, Label};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct GraceZero;

impl Rule for GraceZero {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "grace-zero",
        family: Family::Drain,
        summary: "pods are killed at once, in the middle of requests",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("grace_zero.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let Some((_, address)) = case.workload.grace.as_written().filter(|(grace, _)| grace.is_zero()) else {
        return;
    };
    let status = case.answers().refused;
    let finding = Finding::at(
        Label::new(&case.workload.id, address.clone()),
        "its pods are killed at once: the grace period is 0",
    )
    .at_most(params.scope.cap(case.ring))
    .status(status)
    .why(format!(
        "With a grace period of 0 s no preStop hook runs, and the server gets no time after SIGTERM. Every request in progress is \
         cut at each rollout, and clients get {status}."
    ))
    .help(
        "delete the line, and the default of 30 s holds, or write what the pod needs to finish:\nterminationGracePeriodSeconds: 30",
    );
    findings.push(finding);
}
