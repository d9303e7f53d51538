//! The sentences of the report.

use super::{Effective, GatewayItem, Place};
use crate::engine::{Basis, End, Front, Hop, Requests, Wait};
use crate::model::{Gateway, Global, Note, NoteKind, Rejection};
use crate::policy::ConfigSource;
use crate::rule::timeout::Timeout;

/// A wait for people: the sum, whose it is, and what happens then.
#[derive(Debug)]
pub struct WaitLine {
    /// `60 s x 3 tries = 180 s`
    pub sum: String,
    /// `GET, HEAD, PUT, DELETE`
    pub requests: &'static str,
    /// `504 if no pod answers`
    pub what: String,
}

/// Who answers where a rule redirects.
pub(in crate::report) const REDIRECT: &str = "the gateway itself, with a redirect";

/// Who answers where a rule has no backend that could be waited for.
pub(super) fn answer(effective: &Effective<'_>) -> Option<String> {
    let index = effective.section?.index;
    let rule = effective.routing.rules.get(index)?;
    (rule.backends == 0 && rule.answers_itself() == Some(true)).then(|| REDIRECT.to_owned())
}

/// `ingress-nginx 1.12.1`, or without a version where nobody tells it.
pub(super) fn name(gateway: &Gateway<'_>) -> String {
    gateway.version.map_or_else(|| gateway.name.to_owned(), |version| format!("{} {version}", gateway.name))
}

pub(super) fn gateway(effective: &Effective<'_>) -> GatewayItem {
    let gateway = &effective.gateway;
    let class = effective.class.unwrap_or_default();
    let is_route = effective.routing.id.kind.is_gateway_route();
    let class_kind = if is_route { "a GatewayClass" } else { "an IngressClass" };
    let who = match gateway.version {
        Some(version) => format!("{} {version}", gateway.name),
        // Nothing of the fields of such a route depends on it.
        None if is_route => gateway.name.to_owned(),
        None => format!("{}, version not told", gateway.name),
    };
    let (basis, from) = match &effective.basis {
        Basis::Policy => ("policy", format!("{who} (class {class}, as the policy says)")),
        Basis::Assumed => ("assumed", format!("{who} (class {class}; assumed, since no policy tells)")),
        Basis::Kind => {
            let kind = effective.routing.id.kind;
            ("kind", format!("{who} (nothing else reads a {kind})"))
        }
        Basis::IngressClass => ("ingressClass", format!("{who} (class {class}, as its IngressClass says)")),
        Basis::GatewayClass => ("gatewayClass", format!("{who} (class {class}, as its GatewayClass says)")),
        Basis::NoClass if is_route => {
            ("nobody", "not known: it hangs on no Gateway of the input, or on several that differ".to_owned())
        }
        Basis::NoClass => {
            ("nobody", "not known: the object names no class, and no IngressClass of the input is the default".to_owned())
        }
        Basis::Untold => {
            ("nobody", format!("not known: neither a policy nor {class_kind} of the input tells who serves the class {class}"))
        }
        Basis::OtherController(controller) => {
            ("nobody", format!("not known: the class {class} is served by {controller}, whose settings no502 does not read"))
        }
    };
    let (config, config_from) = config(effective);
    GatewayItem {
        dialect: gateway.dialect,
        name: gateway.name,
        version: gateway.version.map(|version| version.to_string()),
        class: effective.class.map(str::to_owned),
        basis,
        from,
        config,
        config_from,
    }
}

fn config(effective: &Effective<'_>) -> (&'static str, String) {
    match (&effective.config, effective.gateway.global) {
        _ if effective.gateway.dialect.is_none() => ("unknown", "not known".to_owned()),
        _ if effective.gateway.policies.is_some() => {
            ("unknown", format!("not read: {} may say otherwise", effective.gateway.policies.unwrap_or_default()))
        }
        (ConfigSource::Named { namespace, name }, Global::Known(_)) => ("read", format!("ConfigMap {namespace}/{name}")),
        (ConfigSource::Named { namespace, name }, _) => {
            ("unknown", format!("not known: ConfigMap {namespace}/{name} is not in the input"))
        }
        (ConfigSource::None, _) if effective.basis == Basis::Assumed => ("none", "none (assumed as well)".to_owned()),
        (ConfigSource::None, _) => ("none", "none, as the policy says".to_owned()),
        (ConfigSource::Unknown, _) => ("unknown", "not known: no policy names it (gateways, configMap)".to_owned()),
    }
}

/// What kind of note it is, and what the gateway makes of what is written.
pub(super) fn remark(note: &Note, effective: &Effective<'_>) -> (&'static str, String) {
    let (key, name) = (&note.key, effective.gateway.name);
    match &note.kind {
        NoteKind::Ignored { written, expects, holds, .. } => {
            let otherwise = || "what its ConfigMap says holds, else its default".to_owned();
            let holds = holds.as_ref().map_or_else(otherwise, |holds| format!("{holds} holds"));
            ("ignored", format!("{key} \"{written}\" is ignored, and {holds}: {name} expects {expects}"))
        }
        NoteKind::Rejected { written, expects, effect } => {
            let comes = match effect {
                Rejection::Answers(status) => format!("every path of the object answers {status}"),
                Rejection::Removed(status) => format!("the whole object with it, so that its hosts answer {status}"),
                Rejection::AnswersSince(status, since) => {
                    format!("every path of the object answers {status} since version {since}, if that is the one here")
                }
                Rejection::LeftOut(status) => format!("the whole object with it, so that its paths answer {status}"),
                Rejection::Refused => "the object is not taken, and what was there before goes on".to_owned(),
                Rejection::Either(status) => {
                    format!("every path of the object answers {status}, or it is not taken at all: that depends on the version")
                }
            };
            ("rejected", format!("{key} \"{written}\" is refused, and {comes}: {name} expects {expects}"))
        }
        NoteKind::Poison { written, because, .. } => {
            ("poison", format!("{key} \"{written}\" breaks the configuration of {name} for all routes: {because}"))
        }
        NoteKind::WithoutEffect { written, because, .. } => {
            ("withoutEffect", format!("{key} \"{written}\" has no effect. {because}"))
        }
        NoteKind::LeftBehind { next, keys, .. } => {
            ("leftBehind", format!("{next}, which comes next, does not read {}", keys.join(", ")))
        }
        NoteKind::UnknownKey { near, known, .. } => {
            let hint = match (known, near) {
                (Some(known), _) => format!(": {known}"),
                (None, Some(near)) => format!("; {near} may be meant"),
                (None, None) => String::new(),
            };
            ("unknownKey", format!("{key} counts for nothing, since {name} has no annotation of that name{hint}"))
        }
    }
}

pub(super) fn wait(wait: &Wait, effective: &Effective<'_>) -> WaitLine {
    let each = wait.each;
    let total = wait.total.unwrap_or_default();
    let sum = match (wait.end, wait.tries) {
        (End::Tries | End::RetryTime, Some(1)) => each.to_string(),
        (End::Tries | End::RetryTime, Some(tries)) => format!("{each} x {tries} tries = {total}"),
        (End::Tries | End::RetryTime, None) | (End::Request, _) => total.to_string(),
        (End::Endpoints, _) => format!("{each} x the pods there are"),
        (End::Never, _) => format!("{each} x tries without end"),
        (End::Unknown, _) => format!("{each} or more"),
    };
    let is_grpc = effective.reading.settings.protocol.value().is_some_and(|protocol| protocol.is_grpc());
    let requests = match wait.requests {
        Requests::NonIdempotent if is_grpc => "all, since gRPC is POST",
        Requests::Any => "all",
        Requests::Idempotent => "GET, HEAD, PUT, DELETE",
        Requests::NonIdempotent => "POST, PATCH, LOCK",
    };
    let answers = effective.gateway.answers;
    let is_connecting = wait.timeout == Timeout::Connect && wait.end != End::Request;
    let status = if is_connecting { answers.unreachable } else { answers.too_slow };
    let when = match wait.timeout {
        Timeout::Connect => "no pod takes the connection",
        Timeout::Send => "the pods read nothing of the request",
        Timeout::Read => "the pods say nothing",
        Timeout::Request => "the whole exchange is not over",
    };
    let mut what = if wait.end == End::Never { format!("no answer if {when}") } else { format!("{status} if {when}") };
    match wait.end {
        End::RetryTime => what.push_str("; the retry time allows no other try"),
        // Of that limit itself it need not be said.
        End::Request if wait.timeout == Timeout::Request => {}
        End::Request => what.push_str("; the limit of the whole request ends it"),
        End::Unknown => what.push_str("; how often it is tried is not known"),
        End::Tries if wait.requests == Requests::NonIdempotent && wait.tries == Some(1) => {
            what.push_str("; what was sent is not sent again");
        }
        End::Endpoints => what.push_str("; each pod is tried once"),
        End::Tries | End::Never => {}
    }
    WaitLine { sum, requests, what }
}

/// When a hop in front leaves, and which errors it does not see.
pub(super) fn front(front: &Front, effective: &Effective<'_>) -> String {
    let waits = &effective.timeline.waits;
    let (who, setting) = match (front.hop, front.status) {
        (Hop::Client, _) => ("the client leaves".to_owned(), "clients.timeout"),
        (Hop::LoadBalancer, Some(status)) => (format!("the load balancer answers {status} itself"), "loadBalancer.idleTimeout"),
        (Hop::LoadBalancer, None) => ("the load balancer closes the connection".to_owned(), "loadBalancer.idleTimeout"),
    };
    let missed = called(waits, |wait| front.misses(wait) == Some(true));
    let is_early = |timeout| {
        let mut of = waits.iter().filter(|wait| wait.timeout == timeout).map(|wait| front.misses(wait)).peekable();
        of.peek().is_some() && of.all(|misses| misses == Some(false))
    };
    let rest = if !missed.is_empty() {
        format!(" and does not wait for the end of {missed}")
    } else if is_early(Timeout::Request) || [Timeout::Connect, Timeout::Send, Timeout::Read].into_iter().all(is_early) {
        ", and every error above comes earlier".to_owned()
    } else {
        String::new()
    };
    format!("{who}{rest} ({setting} of the policy)")
}

/// Which part of the worst case depends on a `ConfigMap` that was not seen; nothing where none does.
pub(super) fn presumed(effective: &Effective<'_>) -> Option<String> {
    let waits = &effective.timeline.waits;
    let presumed = called(waits, |wait| wait.is_presumed);
    let what = if waits.iter().all(|wait| wait.is_presumed) { "all of it" } else { &presumed };
    (!presumed.is_empty()).then(|| format!("{what}, unless {} says otherwise", unless(&effective.gateway)))
}

/// What may say otherwise where defaults hold, to be read after "unless".
pub(super) fn unless(gateway: &Gateway<'_>) -> &'static str {
    gateway.policies.unwrap_or("the ConfigMap")
}

/// Some of the waits by name: `connect, read`, or `read of POST` where only one of two is meant.
fn called(waits: &[Wait], is_meant: impl Fn(&Wait) -> bool) -> String {
    let mut names: Vec<String> = Vec::new();
    for wait in waits.iter().filter(|wait| is_meant(wait)) {
        let name = wait.timeout.name();
        let is_one_of_two = waits.iter().any(|other| other.timeout == wait.timeout && !is_meant(other));
        let name = match wait.requests {
            Requests::Idempotent if is_one_of_two => format!("{name} of GET"),
            Requests::NonIdempotent if is_one_of_two => format!("{name} of POST"),
            _ => name.to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// `shop.yaml:12`; nothing where there is no place.
pub(super) fn place(place: &Place) -> String {
    if place.line == 0 { String::new() } else { format!("{}:{}", place.file, place.line) }
}
