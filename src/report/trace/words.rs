//! The sentences of the report.

use super::{ChainItem, EndpointsItem, FindingItem, LegItem, NetworkItem, PodsItem};
use crate::engine::{Canary, Chain, Drain, HostFit, Leg, Order, PathFit};
use crate::inventory::{Barrier, Detached, Direction, Doubt, Passage};
use crate::model::{Amount, Autoscaler, DisruptionBudget, Exposure, Handler, Probe};
use crate::object::Kind;
use crate::report::effective::REDIRECT;
use crate::report::{ReportObject, object};
use crate::rule::Unanswered;
use crate::units::Duration;

/// How a path stands to the request, in a word and in a sentence.
pub(super) fn order(order: &Order<'_>, chain: &Chain<'_>) -> (&'static str, String) {
    let host = match order.host {
        HostFit::Exact => "its very host",
        HostFit::Wildcard(_) => "a host with a wildcard",
        HostFit::Any => "all hosts",
    };
    let path = match order.path {
        PathFit::Default => "and it is the default backend",
        PathFit::Prefix => "and a path that it begins with",
        PathFit::Exact => "and its very path",
        PathFit::Expression => "and an expression that matches",
        PathFit::Perhaps => "and an expression; whether that matches is for the gateway to say",
        PathFit::Connection => "with TLS that is passed on as it is",
    };
    if order.is_detached {
        return ("detached", detached_from(chain));
    }
    if chain.canary.as_ref().is_some_and(|own| own.is_known && own.main().is_none()) {
        return ("behind", format!("gets no request: {ALONE}"));
    }
    if let Some((other, shown)) = &order.instead {
        let own = chain.routing.is_some_and(|own| own.id == other.id);
        let whose = if own { "the same object".to_owned() } else { other.id.to_string() };
        let doubt =
            if order.is_tie { "; of two that are equal the older one wins, and files do not tell which that is" } else { "" };
        let doubt = if order.is_canary { ", and a canary goes along with its own path only" } else { doubt };
        return ("behind", format!("does not get it, since {shown} of {whose} is tried first{doubt}"));
    }
    if let Some(nearer) = order.nearer {
        let host = format!("does not get it: {} names a nearer host, without a path for it", nearer.id);
        return ("behind", format!("{host}, and gateways answer 404 then"));
    }
    if order.is_canary {
        let share = chain.canary.as_ref().and_then(|own| own.share);
        let share = share.map_or_else(|| "a share of the requests".to_owned(), |[own, all]| format!("{own} of {all} requests"));
        let main = chain.canary.as_ref().and_then(Canary::main).map(|main| format!(" of {}", main.id)).unwrap_or_default();
        return ("splits", format!("takes {share}, as a canary{main}"));
    }
    if let Some(demands) = &order.demands {
        return ("perhaps", format!("takes it if it comes with {demands}: {host}, {path}"));
    }
    if order.path == PathFit::Perhaps {
        return ("perhaps", format!("may take it: {host}, {path}"));
    }
    ("takes", format!("takes it: {host}, {path}"))
}

/// Why a canary takes no share.
const ALONE: &str = "a canary has no path of its own, and no other object that was seen has the same host, path and path type";

/// Why a path gets no request at all.
fn detached_from(chain: &Chain<'_>) -> String {
    if chain.attachments.is_empty() {
        return "gets no request: it hangs on no Gateway".to_owned();
    }
    match chain.attachments.iter().find_map(|own| Some((&own.parent.id, own.fault?))) {
        Some((parent, fault)) => format!("gets no request: no listener takes it ({parent}: {})", detached(fault)),
        None => "gets no request: no listener takes its host".to_owned(),
    }
}

/// Why no listener takes a route.
pub(super) fn detached(fault: Detached) -> &'static str {
    match fault {
        Detached::NoParent => "it is not there",
        Detached::NoGateway => "its Gateway is not there",
        Detached::SetNotAllowed => "its Gateway takes no ListenerSet of this namespace",
        Detached::NoListener => "no listener has that name or port",
        Detached::NamespaceNotAllowed => "no listener takes routes of this namespace",
        Detached::KindNotAllowed => "no listener takes routes of this kind",
        Detached::NoHost => "no listener takes one of the hosts",
    }
}

/// Who answers where requests go on to nothing.
pub(super) fn answer(chain: &Chain<'_>) -> Option<String> {
    let rule = chain.rule?;
    if chain.legs.is_empty() {
        return Some(match rule.answers_itself() {
            Some(true) => REDIRECT.to_owned(),
            Some(false) => format!("{}: the rule names no backend", at_once(chain)),
            None => format!("whatever its filters do: {}", rule.filters.join(", ")),
        });
    }
    let is_shut = rule.weight == 0 && rule.answers_itself() == Some(false);
    is_shut.then(|| format!("{}: all backends have weight 0", at_once(chain)))
}

/// What comes at once where the Service of a leg does not have the port.
pub(super) fn no_port(leg: &Leg<'_>, chain: &Chain<'_>) -> Option<String> {
    let service = leg.service.filter(|service| service.exposure != Exposure::ExternalName)?;
    let wanted = leg.route.filter(|_| leg.port.is_none())?.port()?;
    (!service.ports.is_empty()).then(|| format!("{}: the Service has no port {wanted}", at_once(chain)))
}

/// `the gateway, with 503`: what a request gets that leads nowhere.
fn at_once(chain: &Chain<'_>) -> String {
    let gateway = chain.effective.as_ref().map(|own| &own.gateway);
    let kind = chain.routing.map(|own| own.id.kind);
    // The conformance tests ask for it, whoever it is.
    let asked = kind.filter(|kind| kind.is_gateway_route() && gateway.is_none_or(|own| own.dialect.is_none())).map(|_| 500);
    match (kind, asked.or(gateway.map(|own| own.answers.invalid_backend))) {
        _ if asked.is_none() && gateway.is_some_and(|own| own.dialect.is_none()) => "the gateway, with an error".to_owned(),
        (Some(Kind::TlsRoute), _) | (_, None) => "the gateway, which closes the connection".to_owned(),
        (Some(Kind::GrpcRoute), Some(status)) => format!("the gateway, with {}", Unanswered::Call(status).shown()),
        (_, Some(status)) => format!("the gateway, with {status}"),
    }
}

/// What is spoken to a port of this `appProtocol`: in a word and for people.
pub(super) fn spoken(app_protocol: &str, is_grpc: bool) -> (Option<&'static str>, String) {
    let word = app_protocol.to_ascii_lowercase();
    let (value, shown) = match (&*word, is_grpc) {
        ("https" | "kubernetes.io/wss" | "wss", false) => ("https", "HTTPS"),
        ("https" | "kubernetes.io/wss" | "wss", true) => ("grpcs", "gRPC over TLS"),
        ("http" | "kubernetes.io/ws" | "ws", false) => ("http", "plain HTTP"),
        ("kubernetes.io/h2c", false) => ("h2c", "HTTP/2 without TLS"),
        ("kubernetes.io/h2c" | "http" | "grpc", true) => ("grpc", "plain gRPC"),
        _ => return (None, "not known".to_owned()),
    };
    (Some(value), shown.to_owned())
}

/// `GET /ready on "http" every 10 s, out after 3 failures`.
pub(super) fn probe(probe: &Probe) -> String {
    let port = probe.handler.port().map(|port| format!(" on {port}")).unwrap_or_default();
    let what = match &probe.handler {
        Handler::Http { path, .. } => format!("GET {path}{port}"),
        Handler::Tcp { .. } => format!("a TCP connect{port}"),
        Handler::Grpc { .. } => format!("the gRPC health check{port}"),
        Handler::Exec(_) => "a command".to_owned(),
        Handler::Other => "something that is not known".to_owned(),
    };
    let failures = if probe.failures == 1 { "1 failure".to_owned() } else { format!("{} failures", probe.failures) };
    format!("{what} every {}, out after {failures}", probe.period)
}

pub(super) fn autoscaler(own: &Autoscaler) -> String {
    if own.id.kind == Kind::VerticalPodAutoscaler {
        return "decides on what each pod asks for".to_owned();
    }
    format!("{} pods", between(own).unwrap_or_else(|| "an unknown number of".to_owned()))
}

/// How many replicas an autoscaler allows: `2 to 10 replicas`; `None` where it does not tell.
pub(super) fn range(own: &Autoscaler) -> Option<String> {
    between(own).filter(|_| own.id.kind != Kind::VerticalPodAutoscaler).map(|between| format!("{between} replicas"))
}

fn between(own: &Autoscaler) -> Option<String> {
    match (own.min, own.max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("up to {max}")),
        (None, None) => None,
    }
}

pub(super) fn budget(own: &DisruptionBudget) -> String {
    let shown = |amount: Amount| match amount {
        Amount::Pods(pods) => pods.to_string(),
        Amount::Percent(percent) => format!("{percent}%"),
    };
    match (own.min_available, own.max_unavailable) {
        (Some(min), _) => format!("at least {} must stay", shown(min)),
        (None, Some(max)) => format!("at most {} may be evicted", shown(max)),
        (None, None) => "says nothing of numbers".to_owned(),
    }
}

/// The arithmetic of a pod that leaves: what it needs of its grace period, and when it is told to stop.
pub(super) fn drain(drain: &Drain, chain: &Chain<'_>) -> (String, String) {
    if drain.is_of_sidecar {
        let stops = "a sidecar is stopped after the other containers; when that is, is not reckoned";
        return ("not reckoned, since requests go to a sidecar".to_owned(), stops.to_owned());
    }
    let hook = match (drain.pre_stop, drain.has_unknown_hook) {
        (Duration::ZERO, false) => "no preStop".to_owned(),
        (Duration::ZERO, true) => "a preStop of unknown length".to_owned(),
        (hook, true) => format!("at least {hook} preStop"),
        (hook, false) => format!("{hook} preStop"),
    };
    let request = drain.request.length;
    let declared = if drain.request.is_assumed { " (assumed)" } else { "" };
    let sum = match (drain.grace, drain.fits()) {
        (None, _) => format!("{hook} + {request} longest request{declared}; the grace period cannot be read"),
        (Some(grace), fits) => {
            let verdict = match fits {
                Some(true) => "fits",
                Some(false) => "TOO LONG",
                None => "not known",
            };
            let default = if grace.is_assumed { " (default)" } else { "" };
            let least = if drain.has_unknown_hook { "at least " } else { "" };
            let (needed, grace) = (drain.needed(), grace.length);
            format!("{hook} + {request} longest request{declared} = {least}{needed} of {grace} grace{default}: {verdict}")
        }
    };
    let name = chain.effective.as_ref().map_or("kube-proxy", |own| own.gateway.name);
    let delay = drain.endpoint_delay.length;
    let known = if drain.endpoint_delay.is_assumed { " (assumed)" } else { "" };
    let after = if drain.pre_stop.is_zero() { "at once".to_owned() } else { format!("after {}", drain.pre_stop) };
    let rest = match drain.exposed() {
        Some(Duration::ZERO) => format!("{after}: fits"),
        Some(gap) => format!("{after}: TOO EARLY by {gap}"),
        None => "at a time that is not known".to_owned(),
    };
    (sum, format!("{name} may send for {delay}{known}, SIGTERM comes {rest}"))
}

/// Whether the gateway gets through to the pods.
pub(super) fn network(passage: &Passage<'_>, chain: &Chain<'_>) -> NetworkItem {
    let gateway = chain.effective.as_ref().map_or("the gateway", |own| own.gateway.name);
    let (verdict, policies, shown) = match passage {
        Passage::Allowed if chain.is_complete => ("allowed", Vec::new(), format!("no NetworkPolicy is in the way of {gateway}")),
        Passage::Allowed => ("allowed", Vec::new(), format!("no NetworkPolicy that was seen is in the way of {gateway}")),
        Passage::Unknown(doubt) => ("unknown", Vec::new(), format!("not known for {gateway}: {}", self::doubt(doubt))),
        Passage::Blocked(barrier) => {
            let policies = barrier.policies.iter().map(|own| object(&own.id)).collect();
            ("blocked", policies, blocked(barrier, gateway))
        }
    };
    NetworkItem { verdict, policies, shown }
}

fn blocked(barrier: &Barrier<'_>, gateway: &str) -> String {
    let names: Vec<String> = barrier.policies.iter().map(|own| format!("{}/{}", own.id.namespace, own.id.name)).collect();
    let by = names.join(", ");
    let way = match barrier.direction {
        Direction::Egress => format!("out of reach for {gateway}, which NetworkPolicy {by} does not let out"),
        Direction::Ingress => format!("CLOSED to {gateway} by NetworkPolicy {by}"),
    };
    if barrier.is_presumed { format!("{way}, unless it uses the network of its node") } else { way }
}

fn doubt(doubt: &Doubt<'_>) -> String {
    match doubt {
        Doubt::Addresses => "a policy goes by addresses, and those of pods are not written down".to_owned(),
        Doubt::ForeignPolicy(id) => format!("{id} has a say, too"),
        Doubt::NamespaceUnseen => "a policy asks for labels of a namespace that was not seen".to_owned(),
        Doubt::OnHost => "pods on the network of their node may be exempt from policies".to_owned(),
        Doubt::PodsUnseen => "a policy asks for labels of pods that were not seen".to_owned(),
        Doubt::Unreadable => "a policy cannot be read".to_owned(),
    }
}

/// The place of an object of a kind on the way.
pub(super) fn hop(kind: Kind) -> u8 {
    match kind {
        Kind::Gateway | Kind::GatewayClass | Kind::ListenerSet => 0,
        Kind::Service => 2,
        kind if kind.is_workload() => 3,
        kind if kind.declares_routes() || kind == Kind::ConfigMap => 1,
        _ => 4,
    }
}

/// The object as people write it: `Ingress shop/web`.
pub(super) fn shown(object: &ReportObject) -> String {
    if object.namespace.is_empty() {
        format!("{} {}", object.kind, object.name)
    } else {
        format!("{} {}/{}", object.kind, object.namespace, object.name)
    }
}

/// What to do about a finding, in one line, and what to write, without its comment: of more than two lines only the first.
pub(super) fn help(finding: &FindingItem) -> (String, Option<String>) {
    let mut lines = finding.help.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return (format!("no502 explain {}", finding.rule), None) };
    let first = first.strip_suffix(':').unwrap_or(first);
    match (lines.next(), lines.next()) {
        (Some(second), None) => {
            let yaml = second.split_once("   #").map_or(second, |(yaml, _)| yaml);
            (format!("{first}:"), Some(yaml.to_owned()))
        }
        (Some(_), Some(_)) => (format!("{first} (no502 explain {})", finding.rule), None),
        (None, _) => (first.to_owned(), None),
    }
}

pub(super) fn first(finding: &FindingItem) -> String {
    let (help, yaml) = help(finding);
    let told = format!(" (no502 explain {})", finding.rule);
    let yaml = yaml.map(|yaml| format!(" `{yaml}`")).unwrap_or_default();
    format!("{}: {}{yaml} [{}]", shown(&finding.object), help.strip_suffix(&told).unwrap_or(&help), finding.rule)
}

/// What to do where no rule says anything: look for the hop that is not there.
pub(super) fn nothing_found(chain: &Chain<'_>) -> String {
    if chain.canary.as_ref().is_some_and(|own| own.is_known && own.main().is_none()) {
        return "write the host, path and path type of the Ingress that it is to go along with".to_owned();
    }
    for leg in &chain.legs {
        match (leg.wanted, leg.service) {
            (None, _) => return "nothing certain: no502 does not read what answers here".to_owned(),
            (Some((namespace, name)), None) => return format!("look for Service {namespace}/{name}, which was not seen"),
            (Some(_), Some(service)) if leg.endpoints.is_some_and(|own| own.ready == 0) => {
                return format!("nothing certain: no pod behind {} is ready", service.id);
            }
            (Some(_), Some(service)) if leg.pods.is_empty() && leg.endpoints.is_none() && !service.selector.is_empty() => {
                return format!("nothing certain: no pods were seen behind {}", service.id);
            }
            _ => {}
        }
    }
    match chain.spoken.len() {
        0 => "nothing to do: no fault was found on this way".to_owned(),
        1 => "nothing to do: 1 finding, excepted".to_owned(),
        excepted => format!("nothing to do: {excepted} findings, all excepted"),
    }
}

/// `80 "http"`.
pub(super) fn port(number: u16, name: &str) -> String {
    if name.is_empty() { number.to_string() } else { format!("{number} \"{name}\"") }
}

/// Both ends of a port: `80 "http" -> 8080 "web"`.
pub(super) fn ports(leg: &LegItem, pods: Option<&PodsItem>) -> String {
    let port_item = &leg.port;
    let Some(number) = port_item.number else {
        let wanted = port_item.wanted.as_deref().unwrap_or("none");
        return if leg.service.exposure == Some("externalName") {
            format!("port {wanted} of that name")
        } else if leg.service.state == "found" {
            format!("port {wanted}, which the Service does not have")
        } else {
            format!("port {wanted}")
        };
    };
    let from = port(number, &port_item.name);
    let to = match pods.map(|pods| pods.target.as_ref()) {
        Some(Some(target)) => port(target.number, &target.name),
        Some(None) => format!("\"{}\", which no container declares", port_item.target),
        None => port_item.target.clone(),
    };
    let spoken = port_item.app_protocol.as_ref().map(|own| format!(", appProtocol {own}")).unwrap_or_default();
    format!("port {from} -> {to}{spoken}")
}

/// `2 ready`, `2 ready, 1 ending`.
pub(super) fn endpoints(own: &EndpointsItem) -> String {
    let ending = if own.terminating > 0 { format!(", {} ending", own.terminating) } else { String::new() };
    format!("{} ready{ending}", own.ready)
}

/// `9 of 10 requests`; nothing where all go one way.
pub(super) fn share(leg: &LegItem, chain: &ChainItem) -> Option<String> {
    match leg.share {
        Some([0, _]) => Some("weight 0: gets no request".to_owned()),
        Some([own, all]) => (own != all).then(|| format!("{own} of {all} requests")),
        None => (chain.legs.len() > 1).then(|| "a share of the requests, not read".to_owned()),
    }
}

/// `3 replicas`.
pub(super) fn replicas(pods: &PodsItem) -> String {
    if let Some((own, replicas)) = pods.scaling.iter().find_map(|own| Some((own, own.replicas.as_ref()?))) {
        return format!("{replicas} ({} {})", own.object.kind, own.object.name);
    }
    match (pods.replicas, pods.object.kind) {
        (_, "Pod") => "1 pod, which nobody replaces".to_owned(),
        (_, "DaemonSet") => "one on each node".to_owned(),
        (Some(1), _) => "1 replica".to_owned(),
        (Some(replicas), _) => format!("{replicas} replicas"),
        (None, _) => "replicas not known".to_owned(),
    }
}

/// Who serves a path, for people.
pub(super) fn gateway(chain: &ChainItem) -> Option<&str> {
    chain.effective.as_ref().map(|own| own.gateway.from.as_str())
}
