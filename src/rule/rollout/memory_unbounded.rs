#![doc = include_str!("memory_unbounded.md")]

use crate::finding::Finding;
use crate::model::ContainerField;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct MemoryUnbounded;

impl Rule for MemoryUnbounded {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "memory-unbounded",
        family: Family::Rollout,
        summary: "a container that takes requests asks for no memory and has no limit",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Ingress,
            Kind::LimitRange,
            Kind::Rollout,
            Kind::Service,
            Kind::StatefulSet,
            Kind::VerticalPodAutoscaler,
        ],
        since: "0.1.0",
        page: include_str!("memory_unbounded.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Workload(judge);
}

fn judge(params: &Scoped, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if !params.scope.includes(case.ring) || workload.resources.memory.has_request {
        return;
    }
    let mut bare = case.serving.iter().filter(|container| !container.resources.memory.has_request).peekable();
    if bare.peek().is_none() || case.is_given("memory") {
        return;
    }
    let status = case.answers().refused;
    for container in bare {
        findings.push(
            Finding::at(
                case.label(container, ContainerField::Resources),
                format!("container \"{}\" asks for no memory and has no limit", container.name),
            )
            // A LimitRange of the namespace may still come.
            .pending()
            .status(status)
            .why(format!(
                "The scheduler puts the pod where there may be no room, and nothing stops it from growing. When the node runs out of memory, \
                 pods that asked for none are the first to be killed, in the middle of their requests: clients get {status}."
            ))
            .help("set the request to what it needs under load, and the limit to the same:\nresources:\n  requests: {memory: 256Mi}\n  \
                   limits: {memory: 256Mi}"),
        );
    }
}
