#![doc = include_str!("reference_not_granted.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::inventory::World;
use crate::model::{BackendField, Grant, Routing};
use crate::object::Kind;
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
    let (id, own) = (&case.of.routing.id, &case.of.routing.id.namespace);
    // Other gateways have their own ways to say who may refer to whom.
    let Some((namespace, name)) = case.route.service(own).filter(|_| id.kind.is_gateway_route()) else { return };
    if namespace == &**own || is_granted(case.world, case.of.routing, namespace, name) {
        return;
    }
    let share = if case.of.routing.routes.len() > 1 { "its share of the requests" } else { "every request" };
    findings.push(
        Finding::at(case.label(BackendField::Service), format!("namespace {namespace} does not let {} of {own} lead to Service {name}", id.kind))
            .pending()
            .status(500)
            .why(format!(
                "A reference across namespaces needs a ReferenceGrant in the namespace that it leads to. Without one the gateway answers 500 to \
                 {share} of {}, and only the status of the route says why (RefNotPermitted).",
                case.route.shown()
            ))
            .help(grant(id.kind, own, namespace, name)),
    );
}

fn is_granted(world: &World<'_>, routing: &Routing, namespace: &str, service: &str) -> bool {
    world.all::<Grant>(namespace).iter().any(|grant| grant.lets(routing.id.kind, &routing.id.namespace, service))
}

/// The grant to create.
fn grant(kind: Kind, own: &str, namespace: &str, service: &str) -> String {
    format!(
        "create this grant, or move the Service to namespace {own}:\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n\
         metadata: {{name: {own}-to-{service}, namespace: {namespace}}}\nspec:\n  from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: \
         {own}}}]\n  to: [{{group: \"\", kind: Service, name: {service}}}]"
    )
}
