#![doc = include_str!("readiness_gate_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{ClassName, READINESS_GATES, Rollout, Routing, Service};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ReadinessGateMissing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ReadinessGateMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "readiness-gate-missing",
        family: Family::Rollout,
        summary: "pods count as ready before the load balancer in front sends to them",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::Namespace,
            Kind::Rollout,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("readiness_gate_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

const POD: Address = Address::field("/spec/template/spec");

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let (id, world) = (&case.workload.id, case.world);
    // What nobody replaces is registered once.
    if case.workload.rollout == Rollout::Never {
        return;
    }
    let Some(target) = registered_by(case) else { return };
    // The labels may not have been delivered yet.
    let Some(labels) = world.namespace_labels(&id.namespace) else { return };
    if case.workload.waits_for_registration(labels) {
        return;
    }
    let status = case.answers().no_endpoint;
    findings.push(
        Finding::at(Label::new(id, POD), "its pods count as ready before the load balancer in front sends to them")
            .related(target, "makes pods targets of the load balancer")
            .status(status)
            .why(format!(
                "A new pod is registered at the load balancer and checked there, which takes from seconds to minutes. The rollout does not wait for \
                 it: it stops old pods as soon as new ones are ready, and when none of the old ones is left, clients get {status} or 504."
            ))
            .help(format!(
                "let pods wait until the load balancer sends to them:\nkubectl label namespace {} {READINESS_GATES}\n# then restart the workload: \
                 only new pods get the gate",
                id.namespace
            )),
    );
}

/// Where it stands that pods are targets of a load balancer: at a Service, or at an object with a route to it.
fn registered_by(case: &WorkloadCase<'_>) -> Option<Label> {
    let by_service = |service: &&Service| Some(Label::new(&service.id, Address::Annotation(service.registers_pods?.into())));
    case.services.iter().find_map(by_service).or_else(|| {
        let routings =
            case.services.iter().flat_map(|service| case.world.routings_to(&service.id).map(move |own| (*service, own)));
        let registering = routings.filter_map(|(service, routing)| by_routing(case, service, routing));
        registering.min_by(|one, other| one.object.cmp(&other.object))
    })
}

fn by_routing(case: &WorkloadCase<'_>, service: &Service, routing: &Routing) -> Option<Label> {
    let class = match &routing.class {
        ClassName::Named(name) => case.world.class(name),
        ClassName::Unset => case.world.default_class(),
    };
    let (object, address) = routing.registers_pods(service, class.map(|class| &*class.controller))?;
    Some(Label::new(object, address))
}
