#![doc = include_str!("reference_not_granted.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::BackendField;
use crate::object::{Address, Kind};
use crate::rule::routes::is_granted;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct ReferenceNotGranted;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ReferenceNotGranted {
    type Params = Params;

    const META: Meta = Meta {
        name: "reference-not-granted",
        family: Family::Wiring,
        summary: "a route leads to a Service of another namespace, which does not let it",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::GrpcRoute, Kind::HttpRoute, Kind::ReferenceGrant, Kind::TlsRoute],
        since: "0.1.0",
        page: include_str!("reference_not_granted.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let routing = case.of.routing;
    let (kind, own) = (routing.id.kind, &*routing.id.namespace);
    // Other gateways have their own ways to say who may refer to whom, and a mesh asks nobody.
    if !kind.is_gateway_route() || !routing.is_from_outside() {
        return;
    }
    let Some((namespace, name)) = case.meant() else { return };
    if is_granted(case.world, routing, namespace, name) {
        return;
    }
    let message = format!("no ReferenceGrant in namespace {namespace} lets {kind}s of {own} use Service {name}");
    let finding = Finding::at(case.label(BackendField::Service), message)
        // A Service beside the route needs no grant.
        .misses(Kind::Service, own, name)
        .why(format!(
            "A reference across namespaces needs a ReferenceGrant in the namespace that it leads to. Without one {}, and only the status of the \
             route says why (RefNotPermitted).",
            case.when_unusable()
        ))
        .help(grant(kind, own, namespace, name));
    let finding = match case.service {
        Some(service) => finding.related(Label::new(&service.id, Address::field("/metadata")), "stands in another namespace"),
        None => finding,
    };
    findings.push(case.unusable(finding));
}

/// The grant to create.
fn grant(kind: Kind, own: &str, namespace: &str, service: &str) -> String {
    format!(
        "create this grant, or move the Service to namespace {own}:\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n\
         metadata: {{name: {own}-to-{service}, namespace: {namespace}}}\nspec:\n  from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: \
         {own}}}]\n  to: [{{group: \"\", kind: Service, name: {service}}}]"
    )
}
