#![doc = include_str!("backend_port_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::READS;
use crate::finding::{Finding, Label};
use crate::model::{Backend, BackendField, BackendPort, Exposure, Service, ServicePort};
use crate::object::Address;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct BackendPortMissing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BackendPortMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "backend-port-missing",
        family: Family::Wiring,
        summary: "a route leads to a Service that exists, on a port that this Service does not have",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: READS,
        since: "0.1.0",
        page: include_str!("backend_port_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let Backend::Service { port, .. } = &case.route.backend else { return };
    // The API server refuses a port that cannot be read, and a missing Service is another rule's.
    let Some(service) = case.service.filter(|_| *port != BackendPort::Unreadable) else { return };
    // No request is meant for a backend of weight 0.
    if case.route.weight == 0 {
        return;
    }
    // A name outside the cluster needs no list of ports: the number of the route is taken as it is.
    // An object without any port is a part of one, such as a patch for kustomize.
    if service.ports.is_empty() || service.exposure == Exposure::ExternalName || service.port(port).is_some() {
        return;
    }
    if case.of.gateway.takes_any_number && matches!(port, BackendPort::Number(_)) && is_unnamed(service) {
        return;
    }
    let target = service.port_by_target(port);
    let takes_targets = case.of.gateway.takes_target_ports;
    if target.is_some() && takes_targets == Some(true) {
        return;
    }
    // Whether an unknown gateway takes the text of a targetPort cannot be told.
    let cap = if target.is_some() && takes_targets.is_none() { Level::Warning } else { Level::Error };
    findings.push(finding(case, service, port, target).at_most(cap));
}

/// Whether the Service has a port without a name, which is then its only one.
fn is_unnamed(service: &Service) -> bool {
    service.ports.iter().any(|port| port.name.is_empty())
}

fn finding(case: &RouteCase<'_>, service: &Service, port: &BackendPort, target: Option<&ServicePort>) -> Finding {
    let id = &service.id;
    let shown = if id.namespace == case.of.routing.id.namespace {
        format!("Service \"{}\"", id.name)
    } else {
        format!("Service \"{}\" of namespace \"{}\"", id.name, id.namespace)
    };
    let aside = target.map_or_else(String::new, |own| {
        format!(" {port} is where port {} leads to in the pods, and most gateways do not look there.", own.shown())
    });
    let finding = Finding::at(case.label(BackendField::Port), format!("{shown} has no port {port}"))
        .why(format!(
            "The gateway finds no endpoint on that port, however healthy the pods of \"{}\" are: {}.{aside}",
            id.name,
            case.when_unusable()
        ))
        .help(help(case, service, target))
        .related(ports_of(service), "the ports it has");
    case.unusable(finding)
}

fn ports_of(service: &Service) -> Label {
    Label::new(&service.id, Address::field("/spec/ports"))
}

/// The port to write: the one whose target was written, the only one, or the choice.
fn help(case: &RouteCase<'_>, service: &Service, target: Option<&ServicePort>) -> String {
    let only = match &*service.ports {
        [only] => Some(only),
        _ => None,
    };
    match target.or(only) {
        // Routes of the Gateway API know ports by their numbers alone.
        Some(port) if case.of.routing.id.kind.is_gateway_route() => {
            format!("a backendRef takes the port of the Service only, by its number:\nport: {}", port.number)
        }
        Some(port) if port.name.is_empty() => format!("name the port of the Service:\nport: {{number: {}}}", port.number),
        Some(port) => format!("name the port of the Service:\nport: {{name: {}}}   # or {{number: {}}}", port.name, port.number),
        None => format!("name one of the ports that Service \"{}\" has: {}", service.id.name, service.shown_ports()),
    }
}
