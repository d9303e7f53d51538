#![doc = include_str!("balancer_health_check_differs.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asks, asked_port};
use crate::finding::{Finding, Label};
use crate::model::{
    ClassName, Container, ContainerField, Handler, HealthCheck, Port, Probe, Route, Routing, Saying, Service, ServicePort, Spoken,
};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct BalancerHealthCheckDiffers;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for BalancerHealthCheckDiffers {
    type Params = Params;

    const META: Meta = Meta {
        name: "balancer-health-check-differs",
        family: Family::Probe,
        summary: "the health check of the load balancer asks something else than readiness does",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::Rollout,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("balancer_health_check_differs.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

/// How many objects that declare routes are followed to one Service.
const ROUTINGS: usize = 64;
/// What a load balancer answers that has no healthy target.
const STATUS: u16 = 503;
/// Where Istio's proxy answers health checks, which is in no template.
const OF_MESH: [u16; 2] = [15_020, 15_021];

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    if case.ring < Ring::Routed {
        return;
    }
    let first = findings.len();
    for service in case.services {
        let routings = case.world.routings_to(&service.id).filter(|routing| !routing.is_leaving);
        let checks = routings.filter_map(|routing| HealthCheck::of(routing, service, controller(case, routing)));
        let mut checks: Vec<HealthCheck<'_>> = checks.collect();
        checks.sort_unstable_by(|a, b| a.routing().id.cmp(&b.routing().id));
        for check in checks.into_iter().take(ROUTINGS) {
            for port in ports(check.routing(), service) {
                let Some(finding) = difference(case, &check, service, port) else { continue };
                // What a Service says is the same for all in front of it.
                if !findings.iter().skip(first).any(|known| known.identity() == finding.identity()) {
                    findings.push(finding);
                }
            }
        }
    }
}

fn controller<'c>(case: &WorkloadCase<'c>, routing: &Routing) -> Option<&'c str> {
    let class = match &routing.class {
        ClassName::Named(name) => case.world.class(name),
        ClassName::Unset => case.world.default_class(),
    };
    class.map(|class| &*class.controller)
}

/// The ports of a Service that the routes of an object lead to, each once.
fn ports<'c>(routing: &'c Routing, service: &'c Service) -> Vec<&'c ServicePort> {
    let leads_there = |route: &&Route| route.service(&routing.id.namespace) == Some((&*service.id.namespace, &*service.id.name));
    let named = routing.routes.iter().filter(leads_there).filter_map(|route| service.port(route.port()?));
    let mut ports: Vec<&ServicePort> = named.collect();
    ports.sort_unstable_by_key(|port| port.index);
    ports.dedup_by_key(|port| port.index);
    ports
}

/// A health check, and the probe that it differs from.
struct Beside<'c> {
    check: &'c HealthCheck<'c>,
    service: &'c Service,
    container: &'c Container,
    probe: &'c Probe,
    /// The port that the health check asks.
    port: u16,
}

fn difference(case: &WorkloadCase<'_>, check: &HealthCheck<'_>, service: &Service, port: &ServicePort) -> Option<Finding> {
    let traffic = match &port.target {
        Port::Number(number) => *number,
        Port::Name(name) => case.workload.resolve_port(name, &port.protocol)?.1.number,
    };
    let container = owner(case, traffic)?;
    let beside = Beside { check, service, container, probe: container.readiness.as_ref()?, port: check.port(traffic)? };
    let spoken = check.version().filter(|spoken| *spoken != Spoken::Grpc)?;
    if let Some(written) = check.written_port().filter(|_| is_nobodys(case, container, beside.port)) {
        return Some(at_nobodys_port(case, &beside, &written));
    }
    let is_same_port = asked_port(container, beside.probe) == Some(beside.port);
    match &beside.probe.handler {
        Handler::Http { https, .. } if is_same_port && check.tls()?.0 != *https => other_scheme(case, &beside, *https),
        Handler::Http { path, .. } => other_path(case, &beside, path),
        Handler::Grpc { .. } if is_same_port && spoken == Spoken::Http1 => Some(no_grpc(case, &beside)),
        _ => None,
    }
}

/// The container that gets the requests of a port: the one that declares it, or the only one that there is.
fn owner<'c>(case: &WorkloadCase<'c>, port: u16) -> Option<&'c Container> {
    let declares = case.workload.containers.iter().find(|container| container.declares(port));
    declares.or_else(|| case.workload.containers.first().filter(|_| case.workload.containers.len() == 1))
}

/// Whether nothing in the template of a pod speaks of a port, where its ports are declared at all.
fn is_nobodys(case: &WorkloadCase<'_>, serving: &Container, port: u16) -> bool {
    let asks = |container: &Container| {
        let mut probes = Asks::ALL.into_iter().filter_map(|asks| asks.of(container));
        probes.any(|probe| asked_port(container, probe) == Some(port))
    };
    let mut all = case.workload.containers.iter();
    !serving.ports.is_empty() && !OF_MESH.contains(&port) && !all.any(|container| container.declares(port) || asks(container))
}

impl Beside<'_> {
    /// A finding at what is written, or at the object that lacks it.
    fn finding(&self, case: &WorkloadCase<'_>, written: Option<&Saying<'_>>, message: String) -> Finding {
        let element = format!("{} port {}", self.service.id.name, self.port);
        let label = match written {
            Some(saying) => Label::new(saying.object, saying.address.clone()),
            None => Label::new(&self.check.routing().id, self.check.routing().annotations_address()),
        };
        Finding::at(label.of(element), message)
            .related(case.label(self.container, ContainerField::Readiness), "asks something else")
            .related(Label::new(&self.service.id, Address::field("/spec")), "stands in front of these pods")
            .status(STATUS)
    }

    fn shown(&self) -> String {
        format!("the load balancer checks pods of Service {} on port {}", self.service.id.name, self.port)
    }
}

const UNHEALTHY: &str = "A target that fails its health check is taken out, whatever Kubernetes says of the pod: with none left, clients get \
                         503, or requests go to all pods alike, also to those that are not ready. Rollouts that wait for the load balancer never end.";

fn at_nobodys_port(case: &WorkloadCase<'_>, beside: &Beside<'_>, written: &Saying<'_>) -> Finding {
    let id = &case.workload.id;
    let message = format!("{}, and no container of {} {} declares that port", beside.shown(), id.kind, id.name);
    beside
        .finding(case, Some(written), message)
        .at_most(Level::Warning)
        .why(format!("Where nobody listens there, each check is refused. {UNHEALTHY}"))
        .help(format!(
            "ask the port that readiness asks, or the one that gets the requests:\n{}: traffic-port",
            written_key(written)
        ))
}

fn written_key<'s>(written: &'s Saying<'_>) -> &'s str {
    written.address.stable()
}

fn other_scheme(case: &WorkloadCase<'_>, beside: &Beside<'_>, https: bool) -> Option<Finding> {
    let (_, written) = beside.check.tls()?;
    let [asks, ready] = if https { ["HTTP", "HTTPS"] } else { ["HTTPS", "HTTP"] };
    let message = format!(
        "{} by {asks}, and readinessProbe of container \"{}\" asks the same port by {ready}",
        beside.shown(),
        beside.container.name
    );
    Some(
        beside
            .finding(case, written.as_ref(), message)
            .why(format!(
                "A port that speaks {ready} answers {asks} with 400 or not at all, and the check wants 200. {UNHEALTHY}"
            ))
            .help(format!("check what the pods speak:\n{}: {ready}", HealthCheck::key("healthcheck-protocol"))),
    )
}

fn no_grpc(case: &WorkloadCase<'_>, beside: &Beside<'_>) -> Finding {
    let message = format!(
        "{} by HTTP/1.1, and readinessProbe of container \"{}\" asks the same port by gRPC",
        beside.shown(),
        beside.container.name
    );
    beside
        .finding(case, None, message)
        .why(format!(
            "gRPC needs HTTP/2. A server of gRPC closes a connection that begins with HTTP/1.1, and requests of clients with it. {UNHEALTHY}"
        ))
        .help(format!("speak gRPC to the pods, which changes the health check, too:\n{}: GRPC", HealthCheck::key("backend-protocol-version")))
}

/// The path that is asked where nobody wrote one, beside a readiness that has a path of its own. Two written paths may both be well.
fn other_path(case: &WorkloadCase<'_>, beside: &Beside<'_>, path: &str) -> Option<Finding> {
    const DEFAULT: &str = "/";
    let is_root = |path: &str| path.split('?').next() == Some(DEFAULT);
    let is_asked = |asks: Asks| {
        asks.of(beside.container).is_some_and(|probe| {
            asked_port(beside.container, probe) == Some(beside.port)
                && matches!(&probe.handler, Handler::Http { path, .. } if is_root(path))
        })
    };
    if beside.check.is_described() || is_root(path) || Asks::ALL.into_iter().any(is_asked) {
        return None;
    }
    let ready = asked_port(beside.container, beside.probe).filter(|_| beside.probe.handler.host().is_empty())?;
    let message = format!(
        "{} at {DEFAULT}, as nobody says otherwise, and readinessProbe of container \"{}\" asks {path}",
        beside.shown(),
        beside.container.name
    );
    let mut help = format!("let both ask the same:\n{}: {path}", HealthCheck::key("healthcheck-path"));
    if ready != beside.port && beside.check.asks_pods() {
        help = format!("{help}\n{}: \"{ready}\"", HealthCheck::key("healthcheck-port"));
    }
    Some(
        beside
            .finding(case, None, message)
            .at_most(Level::Warning)
            .why(format!(
                "Only 200 is a healthy answer there. It is well where {DEFAULT} answers so; 404, a redirect or a login does not. {UNHEALTHY}"
            ))
            .help(help),
    )
}
