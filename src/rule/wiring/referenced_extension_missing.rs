#![doc = include_str!("referenced_extension_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_whole;
use crate::finding::Finding;
use crate::model::Called;
use crate::object::Kind;
use crate::policy::near;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct ReferencedExtensionMissing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ReferencedExtensionMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "referenced-extension-missing",
        family: Family::Wiring,
        summary: "each request has to be let in by a Service that is not there",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::Ingress, Kind::IngressClass, Kind::Namespace, Kind::Service],
        since: "0.1.0",
        page: include_str!("referenced_extension_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let Some((permission, address)) = case.settings.permission.as_written() else { return };
    let Some(called) = permission.service() else { return };
    let Called { namespace, service, .. } = called;
    let is_elsewhere = *namespace != *case.routing.id.namespace;
    // Where files are all that is known, what another namespace holds is mostly in files of its own.
    if case.world.service(namespace, service).is_some() || is_elsewhere && !is_whole(case.world, namespace) {
        return;
    }
    if case.routes().next().is_none() {
        return;
    }
    let (key, status) = (address.stable(), permission.unanswered);
    findings.push(
        Finding::at(case.label(address), format!("{key} asks Service \"{service}\", which is not in namespace \"{namespace}\""))
            .misses(Kind::Service, namespace, service)
            .status(status)
            .why(format!(
                "{} asks there before it passes a request on, and DNS has no such name. An answer that does not come is neither yes nor no: \
                 every request of every path of this object gets {status}, however well its own pods are.",
                case.gateway.name
            ))
            .help(help(case, called, key)),
    );
}

/// The name that was probably meant, and where a Service of this name is.
fn help(case: &RoutingCase<'_>, called: Called<'_>, key: &str) -> String {
    let Called { namespace, service, .. } = called;
    let elsewhere = case.world.namespaces_with_service(service);
    match (near(service, case.world.service_names(namespace)), &*elsewhere) {
        (_, [other, ..]) => format!(
            "namespace \"{other}\" has a Service of this name; if that is meant, write\n{service}.{other}.svc.cluster.local in {key}"
        ),
        (Some(near), []) => format!("if \"{near}\" is meant, write\n{near}.{namespace}.svc.cluster.local in {key}"),
        (None, []) => format!("create Service \"{service}\" in namespace \"{namespace}\", or name one that is there"),
    }
}
