#![doc = include_str!("backend_service_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::BackendField;
use crate::object::Kind;
use crate::policy::near;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct BackendServiceMissing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BackendServiceMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "backend-service-missing",
        family: Family::Wiring,
        summary: "a route leads to a Service that is not in its namespace",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[
            Kind::Gateway,
            Kind::GatewayClass,
            Kind::GrpcRoute,
            Kind::HttpRoute,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::ListenerSet,
            Kind::Service,
            Kind::TlsRoute,
        ],
        since: "0.1.0",
        page: include_str!("backend_service_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    // A resource or an action of a cloud controller is no Service.
    let Some((namespace, name)) = case.route.service(&case.of.routing.id.namespace) else { return };
    // No request is meant for a backend of weight 0.
    if case.service.is_some() || case.route.weight == 0 {
        return;
    }
    let unanswered = case.when_invalid();
    let finding =
        Finding::at(case.label(BackendField::Name), format!("Service \"{name}\" is not in namespace \"{namespace}\""))
            .pending()
            .why(format!(
                "{} of {} gets {} from the gateway at once, as long as no Service of that name is there. Kubernetes itself never looks \
                 whether it is.",
                capital(case.requests()),
                case.route.shown(),
                unanswered.shown()
            ))
            .help(help(case, name, namespace));
    findings.push(unanswered.on(finding));
}

/// A text as the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The name that was probably meant, and where a Service of this name is.
fn help(case: &RouteCase<'_>, name: &str, namespace: &str) -> String {
    let help = match near(name, case.world.service_names(namespace)) {
        Some(near) => format!("if \"{near}\" is meant, write\nname: {near}"),
        None => format!("create Service \"{name}\" in namespace \"{namespace}\", or name one that is there"),
    };
    let mut elsewhere = case.world.namespaces_with_service(name);
    elsewhere.retain(|other| *other != namespace);
    if elsewhere.is_empty() {
        return help;
    }
    let own = &case.of.routing.id;
    if own.kind.is_gateway_route() {
        let places = elsewhere.iter().map(|other| if **other == *own.namespace { "the route's own" } else { *other });
        let places = places.collect::<Vec<_>>().join(", ");
        return format!(
            "{help}\nnamespace {places} has a Service of this name: write its namespace into the backendRef, which needs a ReferenceGrant \
             there where it is another one than that of the route"
        );
    }
    let elsewhere = elsewhere.join(", ");
    format!(
        "{help}\nnamespace {elsewhere} has a Service of this name, which a route of \"{namespace}\" cannot reach: move the route there"
    )
}
