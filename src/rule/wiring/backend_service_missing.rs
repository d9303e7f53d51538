#![doc = include_str!("backend_service_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::READS;
use crate::finding::Finding;
use crate::model::BackendField;
use crate::object::is_placeholder;
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
        reads: READS,
        since: "0.1.0",
        page: include_str!("backend_service_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    // A resource or an action of a cloud controller is no Service.
    let Some((namespace, name)) = case.meant() else { return };
    // Whoever fills names in has done so before an API server reads them.
    if case.service.is_some() || is_placeholder(name) && !case.of.facts.is_pruned {
        return;
    }
    let finding = Finding::at(case.label(BackendField::Name), format!("Service \"{name}\" is not in namespace \"{namespace}\""))
        .pending()
        .why(format!(
            "As long as no Service of that name is there, {}. Kubernetes itself never looks whether it is.",
            case.when_unusable()
        ))
        .help(help(case, name, namespace));
    findings.push(case.unusable(finding));
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
        return format!("{help}\n{}", across(&own.namespace, namespace, name, &elsewhere));
    }
    let elsewhere = elsewhere.join(", ");
    format!(
        "{help}\nnamespace {elsewhere} has a Service of this name, which a route of \"{namespace}\" cannot reach: move the route there"
    )
}

/// Where a route of the Gateway API finds the Service, which may be in any namespace that lets it.
fn across(own: &str, namespace: &str, name: &str, elsewhere: &[&str]) -> String {
    if elsewhere.contains(&own) {
        return format!(
            "Service \"{name}\" is in the route's own namespace: delete `namespace: {namespace}` from the backendRef"
        );
    }
    let places = elsewhere.join(", ");
    format!("namespace {places} has a Service of this name: write `namespace` into the backendRef, and a ReferenceGrant there")
}
