#![doc = include_str!("backend_protocol_mismatch.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{port, spoken};
use crate::finding::{Finding, FixKind, Label};
use crate::model::{BackendField, Container, ContainerField, Handler, Port, Protocol, Service, ServicePort, Workload, Write};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct BackendProtocolMismatch;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BackendProtocolMismatch {
    type Params = Params;

    const META: Meta = Meta {
        name: "backend-protocol-mismatch",
        family: Family::Protocol,
        summary: "the gateway speaks one protocol to the pod, and the pod speaks another",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::Optional,
        neighbour: Neighbour::Breaks,
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
            Kind::ListenerSet,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("backend_protocol_mismatch.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

/// What says that the pod speaks another protocol.
struct Sign {
    speaks: Protocol,
    /// What it is, to be read as a sentence without its end.
    says: String,
    /// Where it stands.
    label: Label,
    /// Whether it leaves no doubt.
    is_certain: bool,
}

fn judge(_: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let Some((service, port)) = port(case) else { return };
    let (settings, name) = (case.of.settings, &service.id.name);
    let Some(spoken) = spoken(case, service, port) else { return };
    let Some(sign) = sign(case, spoken, service, port) else { return };
    let is_gateway_route = case.of.routing.id.kind.is_gateway_route();
    let status = case.of.gateway.answers.wrong_protocol;
    let write = settings.write_protocol_to(name, sign.speaks);
    let help = match write.as_ref().and_then(Write::line) {
        Some(line) => {
            let whom = if settings.services.is_some() { "the Service on all paths" } else { "all paths" };
            format!("if the pod speaks {}, write\n{line}\nIt holds for {whom} of the object.", sign.speaks)
        }
        None if is_gateway_route => by_objects(sign.speaks, service, port),
        None => format!("tell the gateway to speak {} to this backend", sign.speaks),
    };
    // Only an absent annotation is added, only on certain signs, and only where it changes no other backend.
    let is_only = case.of.routes().all(|route| route.backend == case.route.backend);
    let is_open = |write: &Write| case.of.text_at(&write.address).is_none();
    let fix = write.filter(|write| sign.is_certain && is_only && is_open(write)).into_iter().collect();
    let verb = if sign.is_certain { "speaks" } else { "probably speaks" };
    let finding = Finding::at(primary(case), format!("the gateway speaks {spoken} to a pod that {verb} {}", sign.speaks))
        .at_most(if sign.is_certain { Level::Error } else { Level::Warning })
        .status(status)
        .why(format!(
            "{}, and requests of {} go there as {spoken}. The connection opens, the pod cannot read what comes, and every request \
             gets {status}. All pods are alike, so trying another one does not help.",
            sign.says,
            case.route.shown()
        ))
        .help(help)
        .related(sign.label, "says so");
    // The policy that has TLS spoken may come a moment later.
    let may_come = is_gateway_route && sign.speaks.is_tls() == Some(true);
    let finding = if may_come { finding.pending() } else { finding };
    findings.push(finding.fix(FixKind::Add, fix));
}

/// How a gateway of the Gateway API is told: by an object beside the Service, or by its port.
fn by_objects(speaks: Protocol, service: &Service, port: &ServicePort) -> String {
    let (name, namespace) = (&service.id.name, &service.id.namespace);
    match speaks {
        Protocol::Https | Protocol::Grpcs => format!(
            "if the pod speaks {speaks}, create this policy, with the CA that signed its certificate:\napiVersion: \
             gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  targetRefs: \
             [{{group: \"\", kind: Service, name: {name}}}]\n  validation:\n    hostname: {name}.{namespace}.svc\n    caCertificateRefs: [{{group: \
             \"\", kind: ConfigMap, name: {name}-ca}}]"
        ),
        Protocol::Grpc => format!(
            "if the pod speaks {speaks}, say so in port {} of Service \"{name}\", or use a GRPCRoute:\nappProtocol: kubernetes.io/h2c",
            port.shown()
        ),
        Protocol::Http | Protocol::Other => format!(
            "if the pod speaks {speaks}, take the appProtocol of port {} of Service \"{name}\" and its BackendTLSPolicy away, and use an \
             HTTPRoute",
            port.shown()
        ),
    }
}

/// The annotation where it is there, else the backend. Either way the finding is this route's.
fn primary(case: &RouteCase<'_>) -> Label {
    let settings = case.of.settings;
    let written = match &settings.services {
        Some(lists) => lists.address_of(case.route.service_name().unwrap_or_default()),
        None => settings.protocol.writing.as_ref().map(|writing| &writing.address),
    };
    match written.filter(|address| case.of.text_at(address).is_some()) {
        Some(address) => Label::new(&case.of.routing.id, address.clone()).of(case.route.shown()),
        None => case.label(BackendField::Service),
    }
}

/// The strongest sign, the one that knows most of the pod first.
fn sign(case: &RouteCase<'_>, spoken: Protocol, service: &Service, port: &ServicePort) -> Option<Sign> {
    let workloads = case.workloads;
    let declared = workloads.iter().find_map(|workload| declared(spoken, workload));
    if declared.is_some() {
        return declared;
    }
    if spoken != Protocol::Http {
        // Who goes by the port has read it.
        let goes_by_port = case.of.gateway.reads_app_protocol == Some(true);
        return if goes_by_port { None } else { plain(spoken, service, port, workloads) };
    }
    let probed = || workloads.iter().find_map(|workload| probed(port, workload));
    app_protocol("https", Protocol::Https, service, port).or_else(probed).or_else(|| hint(service, port, workloads))
}

/// What a workload says of itself, where that is something else.
fn declared(spoken: Protocol, workload: &Workload) -> Option<Sign> {
    let text = workload.declared.protocol.as_deref()?;
    let speaks = named(text).filter(|speaks| *speaks != spoken)?;
    let label = Label::new(&workload.id, Address::field("/metadata"));
    Some(Sign { speaks, says: format!("{} says no502.dev/protocol: {text}", workload.id), label, is_certain: true })
}

/// The protocol of a declaration. `h2c`, `http2` and `tcp` leave open what else is understood.
fn named(text: &str) -> Option<Protocol> {
    match text {
        "http1" => Some(Protocol::Http),
        "https" => Some(Protocol::Https),
        "grpc" => Some(Protocol::Grpc),
        "grpcs" => Some(Protocol::Grpcs),
        _ => None,
    }
}

/// What the port's `appProtocol` says, where that is this word.
fn app_protocol(word: &str, speaks: Protocol, service: &Service, port: &ServicePort) -> Option<Sign> {
    let text = port.app_protocol.as_deref().filter(|text| text.eq_ignore_ascii_case(word))?;
    let says = format!("Port {} of Service \"{}\" says appProtocol: {text}", port.shown(), service.id.name);
    let label = Label::new(&service.id, Address::item("/spec/ports/{}/appProtocol", port.index)).of(port.element());
    Some(Sign { speaks, says, label, is_certain: speaks == Protocol::Https })
}

/// A port that says plain HTTP, where neither its name nor a probe says what the gateway speaks. Some write `http` without a thought of
/// TLS, so it leaves a doubt.
fn plain(spoken: Protocol, service: &Service, port: &ServicePort, workloads: &[&Workload]) -> Option<Sign> {
    let is_tls = spoken.is_tls() == Some(true);
    let is_confirmed = |container: &Container, workload: &Workload| match container.readiness.as_ref().map(|probe| &probe.handler)
    {
        Some(Handler::Grpc { .. }) => spoken.is_grpc(),
        _ => is_tls && probes(container, port, workload) == Some(true),
    };
    let mut all = workloads.iter().flat_map(|workload| workload.containers.iter().map(move |container| (container, *workload)));
    let names_it = if spoken.is_grpc() { port.name.starts_with("grpc") } else { port.name.starts_with("https") };
    if names_it || all.any(|(container, workload)| is_confirmed(container, workload)) {
        return None;
    }
    app_protocol("http", Protocol::Http, service, port)
}

/// A readiness probe over TLS on the port that requests go to.
fn probed(port: &ServicePort, workload: &Workload) -> Option<Sign> {
    let container = workload.containers.iter().find(|container| probes(container, port, workload) == Some(true))?;
    let says = format!("The readinessProbe of container \"{}\" asks that port over HTTPS", container.name);
    let label = Label::new(&workload.id, container.address(ContainerField::Readiness)).of(&*container.name);
    Some(Sign { speaks: Protocol::Https, says, label, is_certain: true })
}

/// Whether a container's HTTP readiness probe on the target of a port speaks TLS; `None` where there is none on it.
fn probes(container: &Container, port: &ServicePort, workload: &Workload) -> Option<bool> {
    let Handler::Http { port: Some(asked), https, .. } = &container.readiness.as_ref()?.handler else { return None };
    let asked = match asked {
        Port::Number(number) => *number,
        Port::Name(name) => container.ports.iter().find(|own| own.name == *name)?.number,
    };
    let target = match &port.target {
        Port::Number(number) => *number,
        Port::Name(name) => workload.resolve_port(name, &port.protocol)?.1.number,
    };
    (asked == target).then_some(*https)
}

/// What names and numbers suggest, where nothing says that plain HTTP is right.
fn hint(service: &Service, port: &ServicePort, workloads: &[&Workload]) -> Option<Sign> {
    let is_plain = |workload: &&Workload| {
        let mut containers = workload.containers.iter();
        workload.declared.protocol.as_deref().and_then(named) == Some(Protocol::Http)
            || containers.any(|container| probes(container, port, workload) == Some(false))
    };
    let says_plain = port.app_protocol.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("http"));
    if says_plain || workloads.iter().any(is_plain) {
        return None;
    }
    if !port.name.starts_with("grpc-web")
        && let Some(sign) = app_protocol("grpc", Protocol::Grpc, service, port)
    {
        return Some(sign);
    }
    let speaks = match (&*port.name, port.number) {
        // That is HTTP/1.1, which a proxy in the pod or in front translates.
        (name, _) if name.starts_with("grpc-web") => return None,
        (name, _) if name.starts_with("grpcs") => Protocol::Grpcs,
        (name, _) if name.starts_with("grpc") => Protocol::Grpc,
        (name, _) if name.starts_with("https") => Protocol::Https,
        (_, 443 | 8443) => Protocol::Https,
        _ => return None,
    };
    let says = format!("Port {} of Service \"{}\" looks like {speaks}", port.shown(), service.id.name);
    let label = Label::new(&service.id, Address::item("/spec/ports/{}/port", port.index)).of(port.element());
    Some(Sign { speaks, says, label, is_certain: false })
}
