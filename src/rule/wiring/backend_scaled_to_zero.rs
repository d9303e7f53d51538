#![doc = include_str!("backend_scaled_to_zero.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::inventory::{Attached, World};
use crate::model::{Autoscaler, BackendField, Selector, Workload};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct BackendScaledToZero;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BackendScaledToZero {
    type Params = Params;

    const META: Meta = Meta {
        name: "backend-scaled-to-zero",
        family: Family::Wiring,
        summary: "a route leads to workloads that all have 0 replicas",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::GrpcRoute,
            Kind::HorizontalPodAutoscaler,
            Kind::HttpRoute,
            Kind::Ingress,
            Kind::Rollout,
            Kind::ScaledObject,
            Kind::Service,
            Kind::StatefulSet,
            Kind::TlsRoute,
        ],
        since: "0.1.0",
        page: include_str!("backend_scaled_to_zero.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let Some(first) = case.workloads.first() else { return };
    if case.workloads.iter().any(|workload| workload.replicas != Some(0) || workload.is_partial) {
        return;
    }
    // A canary, and a share of nothing, wait for their turn.
    if case.of.routing.is_canary || case.meant().is_none() {
        return;
    }
    if case.workloads.iter().any(|workload| comes_by_itself(case.world, workload)) {
        return;
    }
    let empty = case.when_empty();
    let (kind, name) = (first.id.kind, &first.id.name);
    let others = match (case.workloads.len(), case.share()) {
        (1, None) => format!("nothing else is behind {}", case.route.shown()),
        (_, None) => format!("so have all workloads behind {}", case.route.shown()),
        (_, Some((own, all))) => format!("gets {own} of {all} {}s of {}", empty.noun(), case.route.shown()),
    };
    let finding = Finding::at(case.label(BackendField::Service), format!("{kind} {name} has 0 replicas, and {others}"))
        .pending()
        .why(format!("Without a pod there is no endpoint: {} at once.", case.suffers(empty)))
        .help(format!(
            "scale {kind} {name} up before anything is sent there, or take the route away as long as it is switched off"
        ))
        .related(Label::new(&first.id, Address::field("/spec/replicas")), "0 replicas");
    findings.push(empty.on(finding));
}

/// Whether something brings pods without a change of the workload: an autoscaler that scales from zero, or a Rollout that makes the
/// pods in its place.
fn comes_by_itself(world: &World<'_>, workload: &Workload) -> bool {
    let (id, namespace) = (&workload.id, &*workload.id.namespace);
    // A plain autoscaler leaves 0 alone, unless its own least is 0.
    let wakes = |own: &&Autoscaler| {
        own.target.as_ref() == Some(id) && (own.id.kind == Kind::ScaledObject || own.min.is_none_or(|min| min == 0))
    };
    world.attached::<Autoscaler>(namespace, &Attached::to_object(id)).iter().any(wakes)
        || world.workloads_chosen(namespace, &Selector::default()).iter().any(|other| other.takes_from.as_deref() == Some(id))
}
