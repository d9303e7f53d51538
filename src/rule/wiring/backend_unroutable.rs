#![doc = include_str!("backend_unroutable.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{BackendField, Exposure, Service, ServiceReach};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct BackendUnroutable;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BackendUnroutable {
    type Params = Params;

    const META: Meta = Meta {
        name: "backend-unroutable",
        family: Family::Wiring,
        summary: "a route leads to a Service of a kind that its gateway cannot send to",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::GrpcRoute, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass, Kind::Service, Kind::TlsRoute],
        since: "0.1.0",
        page: include_str!("backend_unroutable.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let Some(service) = case.service.filter(|_| case.meant().is_some()) else { return };
    if service.exposure == Exposure::ExternalName {
        findings.extend(alias(case, service));
    } else if service.reach == ServiceReach::Node {
        findings.extend(kept(case, service));
    }
}

/// A name in the place of pods.
fn alias(case: &RouteCase<'_>, service: &Service) -> Option<Finding> {
    let gateway = case.of.gateway;
    // Where it is not known what becomes of it, nothing is said.
    if gateway.routes_external_names != Some(false) {
        return None;
    }
    let (empty, name) = (case.when_empty(), &service.id.name);
    let message = format!("{} does not send to Services of the type ExternalName, and \"{name}\" is one", gateway.name);
    let finding = Finding::at(case.label(BackendField::Service), message)
        .why(format!(
            "An ExternalName is an alias in DNS and has no endpoints. {} looks for endpoints and finds none: {}.",
            gateway.name,
            case.suffers(empty)
        ))
        .help(
            "name the outside addresses in an EndpointSlice of a Service without a selector, or use the gateway's own \
             kind for backends outside of the cluster",
        )
        .related(Label::new(&service.id, Address::field("/spec/type")), "an alias");
    Some(empty.on(finding))
}

/// The address of a Service that only answers with pods of the same node.
fn kept(case: &RouteCase<'_>, service: &Service) -> Option<Finding> {
    let cluster_ip = &case.of.settings.cluster_ip;
    // A DaemonSet has a pod on every node, and where no workload is seen nobody can tell.
    let may_miss = !case.workloads.is_empty() && case.workloads.iter().all(|workload| workload.id.kind != Kind::DaemonSet);
    if cluster_ip.value() != Some(&true) || !may_miss {
        return None;
    }
    let (gateway, name) = (case.of.gateway, &service.id.name);
    let status = gateway.answers.unreachable;
    let message =
        format!("{} sends to the address of \"{name}\", which only reaches pods on the gateway's own node", gateway.name);
    let label = match cluster_ip.as_written() {
        Some((_, address)) => case.of.label(address),
        None => case.label(BackendField::Service),
    };
    Some(
        Finding::at(label, message)
            .at_most(Level::Warning)
            .status(status)
            .why(format!(
                "With internalTrafficPolicy: Local a node drops what it has no pod for. Gateways on nodes without a pod \
                 of \"{name}\" wait until connecting times out, and their clients get {status}."
            ))
            .help("let the gateway send to the pods themselves, or take internalTrafficPolicy: Local away")
            .related(Label::new(&service.id, Address::field("/spec/internalTrafficPolicy")), "pods of the same node only"),
    )
}
