#![doc = include_str!("host_name_unresolvable.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_whole;
use crate::finding::{Finding, Label};
use crate::model::{Exposure, Service};
use crate::object::{Address, Kind};
use crate::policy::near;
use crate::rule::{CallCase, Family, FixAvailability, Judge, Meta, Neighbour, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct HostNameUnresolvable;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for HostNameUnresolvable {
    type Params = Params;

    const META: Meta = Meta {
        name: "host-name-unresolvable",
        family: Family::Wiring,
        summary: "an environment variable names a Service that is not there, or a port that it does not have",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("host_name_unresolvable.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Call(judge);
}

fn judge(_: &Params, case: &CallCase<'_>, findings: &mut Vec<Finding>) {
    match case.service {
        None => findings.extend(missing(case)),
        Some(service) => findings.extend(portless(case, service)),
    }
}

fn missing(case: &CallCase<'_>) -> Option<Finding> {
    let (namespace, name) = (&*case.call.namespace, &*case.call.service);
    // The API server's own Service is in no file.
    if namespace == "default" && name == "kubernetes" {
        return None;
    }
    let near = near(name, case.world.service_names(namespace));
    // Where files are all that is known, most Services are others' to bring. A slip of the pen is one all the same.
    if near.is_none() && !is_whole(case.world, namespace) {
        return None;
    }
    let variable = &case.call.variable;
    let help = match near {
        Some(near) => format!("if \"{near}\" is meant, write its name into {variable}"),
        None => format!("create Service \"{name}\" in namespace \"{namespace}\", or name one that is there"),
    };
    Some(
        Finding::at(case.label(), format!("{variable} names Service \"{name}\", which is not in namespace \"{namespace}\""))
            .misses(Kind::Service, namespace, name)
            .status(502)
            .why(
                "DNS has no such name, so each request that needs it fails in the application, mostly as a 502 or a 500 \
                for its clients.",
            )
            .help(help),
    )
}

fn portless(case: &CallCase<'_>, service: &Service) -> Option<Finding> {
    let port = case.call.port?;
    // Such names stand for pods or for something outside, with ports of their own. A Service without ports is a part of one.
    let has_own = service.is_headless || service.exposure == Exposure::ExternalName || service.ports.is_empty();
    if has_own || service.ports.iter().any(|own| own.number == port) {
        return None;
    }
    let (variable, name) = (&case.call.variable, &service.id.name);
    Some(
        Finding::at(case.label(), format!("{variable} leads to port {port} of Service \"{name}\", which it does not have"))
            .pending()
            .status(502)
            .why(format!(
                "The address of a Service answers on its ports only. Connections to {port} are refused or wait until they \
                 time out, and the application fails each request that needs them."
            ))
            .help(format!("write a port of the Service: {}", service.shown_ports()))
            .related(Label::new(&service.id, Address::field("/spec/ports")), "the ports it has"),
    )
}
