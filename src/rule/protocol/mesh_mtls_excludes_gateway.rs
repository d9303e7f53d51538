#![doc = include_str!("mesh_mtls_excludes_gateway.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::inventory::Attached;
use crate::model::{BackendField, BackendTlsPolicy, Gateway, Membership, PeerAuthentication, Service};
use crate::object::{Address, Kind};
use crate::rule::ways::{Way, ways};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct MeshMtlsExcludesGateway;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for MeshMtlsExcludesGateway {
    type Params = Params;

    const META: Meta = Meta {
        name: "mesh-mtls-excludes-gateway",
        family: Family::Protocol,
        summary: "pods take connections of their mesh only, and the gateway is outside of it",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::BackendTlsPolicy,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Gateway,
            Kind::GatewayClass,
            Kind::GrpcRoute,
            Kind::HttpRoute,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::Namespace,
            Kind::PeerAuthentication,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("mesh_mtls_excludes_gateway.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Most clusters have no such policy.
    let has_policies = |namespace: &str| !case.world.all::<PeerAuthentication>(namespace).is_empty();
    if case.ring < Ring::Routed || !has_policies(&case.workload.id.namespace) && !has_policies(PeerAuthentication::root()) {
        return;
    }
    let Membership::Inside { by_namespace } = case.world.membership(case.workload) else { return };
    let mut seen: Vec<u16> = Vec::new();
    for way in ways(case) {
        if seen.contains(&way.port.number) || way.port.protocol != "TCP" || may_show_certificate(case, &way) {
            continue;
        }
        let Some((policy, address)) = case.world.closes_to_outsiders(case.workload, way.port.number) else { continue };
        let gateway = (case.gateway_of)(way.routing);
        if is_outside(case, &gateway, by_namespace) {
            seen.push(way.port.number);
            findings.push(finding(case, &way, &gateway, policy, address));
        }
    }
}

/// Parts of annotations by which a gateway gets a certificate of its own, or hands TLS through.
const OF_CERTIFICATES: [&str; 2] = ["proxy-ssl", "ssl-passthrough"];

/// Whether the gateway may speak the TLS of the mesh by itself, as far as nobody can tell that it does not.
fn may_show_certificate(case: &WorkloadCase<'_>, way: &Way<'_>) -> bool {
    let routing = way.routing;
    let has_own = || routing.annotations.iter().any(|(key, _)| OF_CERTIFICATES.iter().any(|part| key.contains(part)));
    let has_policy = |service: &Service| {
        let candidates = case.world.attached::<BackendTlsPolicy>(&service.id.namespace, &Attached::to_service(&service.id.name));
        !candidates.is_empty()
    };
    !matches!(routing.id.kind, Kind::GrpcRoute | Kind::HttpRoute | Kind::Ingress) || has_own() || has_policy(way.service)
}

/// Whether all pods of the gateway were seen, and none of them is in the mesh. Where namespaces do not have to ask for it, one that is
/// silent may be in it all the same.
fn is_outside(case: &WorkloadCase<'_>, gateway: &Gateway<'_>, by_namespace: bool) -> bool {
    case.world.gateway_pods(gateway).into_iter().all(|pods| {
        let membership = pods.workload.map_or(Membership::Unknown, |workload| case.world.membership(workload));
        matches!(membership, Membership::Outside { is_said } if is_said || by_namespace)
    })
}

fn finding(
    case: &WorkloadCase<'_>,
    way: &Way<'_>,
    gateway: &Gateway<'_>,
    policy: &PeerAuthentication,
    address: Address,
) -> Finding {
    let (id, port, name) = (&case.workload.id, way.port.number, gateway.name);
    let target = format!("{} {}, port {port}", id.kind, id.name);
    let status = gateway.answers.refused;
    let message = format!(
        "{target}, takes connections of its mesh only, by {}, and {name} is outside of it ({})",
        policy.id.name,
        way.route.shown()
    );
    let pairs: Vec<String> = way.service.selector.iter().map(|(key, value)| format!("{key}: {value:?}")).collect();
    let finding = Finding::at(Label::new(&policy.id, address).of(target), message)
        .pending()
        .status(status)
        .why(format!(
            "The proxy in front of these pods asks whoever connects for a certificate of the mesh, and the pods of {name} have no proxy that would \
             show one. Each of its connections is reset: every request gets {status}. Probes of the kubelet are let through, so every pod looks \
             ready."
        ))
        .help(format!(
            "bring the gateway into the mesh and restart its pods:\nkubectl label namespace {} istio-injection=enabled\n# or take plain text on \
             that port:\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: {}-from-gateway, namespace: {}}}\nspec:\n  \
             selector: {{matchLabels: {{{}}}}}\n  portLevelMtls: {{{port}: {{mode: PERMISSIVE}}}}",
            gateway.namespace.unwrap_or("NAMESPACE-OF-THE-GATEWAY"),
            id.name,
            id.namespace,
            pairs.join(", ")
        ));
    finding.related(
        Label::new(&way.routing.id, way.route.address(BackendField::Service)).of(way.route.shown()),
        "leads to these pods",
    )
}
