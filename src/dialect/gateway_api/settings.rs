//! What holds for one rule of a route.

use super::{Again, Implementation, Retry, Timeouts, presumed};
use crate::model::{About, Conditions, Note, NoteKind, Protocol, Provenance, RouteSettings, Routing, Section, Setting};
use crate::object::{Address, Kind};
use crate::units::{Duration, gateway_api_duration, to_gateway_api_duration};

/// A duration as the field of a rule takes it.
const ENCODE: fn(&Duration) -> serde_json::Value = |span| to_gateway_api_duration(*span).into();

const REQUEST: &str = "/spec/rules/{}/timeouts/request";
const BACKEND: &str = "/spec/rules/{}/timeouts/backendRequest";
const ATTEMPTS: &str = "/spec/rules/{}/retry/attempts";
const BACKOFF: &str = "/spec/rules/{}/retry/backoff";
const CODES: &str = "/spec/rules/{}/retry/codes";

impl Implementation {
    pub(super) fn settings_of(&self, rule: &Section, routing: &Routing, notes: &mut Vec<Note>) -> RouteSettings {
        let settings = RouteSettings {
            protocol: self.spoken(routing.id.kind),
            connect: presumed(self.connect),
            send: presumed(self.silence),
            read: presumed(self.silence),
            upstream_idle: presumed(self.upstream_idle),
            upgrades: Setting::presumed(true),
            zero_is_endless: true,
            ..RouteSettings::default()
        };
        // Only an HTTPRoute has such fields.
        if routing.id.kind != Kind::HttpRoute {
            return settings;
        }
        let settings = self.timeouts_of(rule, routing, settings, notes);
        if matches!(self.retry, Retry::Unused) {
            notes.extend([ATTEMPTS, CODES, BACKOFF].into_iter().find_map(|field| self.unused(rule, field, About::Retry)));
        }
        let (retry_tries, retry_conditions) = self.retries(rule);
        // Nothing but their number ends the tries, where there are several.
        let retry_timeout = match (&retry_tries.known, retry_tries.presumed) {
            (Some(_), _) => Setting::from(Duration::ZERO, Provenance::GatewayDefault),
            (None, Some(1) | None) => Setting::unknown(),
            (None, Some(_)) => Setting::presumed(Duration::ZERO),
        };
        let ends_with_endpoints = retry_tries.presumed == Some(0);
        RouteSettings { retry_conditions, retry_tries, retry_timeout, ends_with_endpoints, ..settings }
    }

    fn timeouts_of(&self, rule: &Section, routing: &Routing, settings: RouteSettings, notes: &mut Vec<Note>) -> RouteSettings {
        let at = |template| Address::item(template, rule.index);
        let default = || presumed(self.request);
        let (request, backend) = (written(rule, REQUEST), written(rule, BACKEND));
        match self.timeouts {
            Timeouts::Unused => {
                notes.extend([REQUEST, BACKEND].into_iter().filter_map(|field| self.unused_timeout(rule, field)));
                RouteSettings { request: default(), ..settings }
            }
            Timeouts::BackendOnly => {
                notes.extend(self.unused_timeout(rule, REQUEST));
                self.steps_of(rule, routing, RouteSettings { request: default(), ..settings }, notes)
            }
            Timeouts::Both if self.is_retried(rule) => {
                let request = request.unwrap_or_else(default).writable(at(REQUEST), ENCODE);
                let read = backend.map(|own| own.writable(at(BACKEND), ENCODE)).unwrap_or_default();
                RouteSettings { read, request, ..settings }
            }
            // Without other tries, the limit of the one try is that of the whole.
            Timeouts::Both => {
                let lifts = |limit: &Setting<Duration>| limit.value() == Some(&Duration::ZERO);
                let request = match backend {
                    Some(backend) if lifts(&backend) && !self.zero_lifts => request,
                    Some(backend) => {
                        notes.extend(lifted(rule).filter(|_| lifts(&backend) && !request.as_ref().is_some_and(lifts)));
                        let request = backend.writable(at(BACKEND), ENCODE);
                        return RouteSettings { request, ..settings };
                    }
                    None => request,
                };
                RouteSettings { request: request.unwrap_or_else(default).writable(at(REQUEST), ENCODE), ..settings }
            }
        }
    }

    /// Where only the limit of a backend is used, it is one of each step; and it is one for all rules of an object: the last of those that
    /// are written.
    fn steps_of(&self, rule: &Section, routing: &Routing, settings: RouteSettings, notes: &mut Vec<Note>) -> RouteSettings {
        let last = routing.sections.iter().rev().find_map(|own| Some((own, written(own, BACKEND)?)));
        let Some((holder, limit)) = last else {
            return RouteSettings { read: settings.read.writable(Address::item(BACKEND, rule.index), ENCODE), ..settings };
        };
        if holder.index != rule.index {
            notes.extend(self.overruled(rule, &limit));
        }
        // What zero does is not known.
        let limit = if limit.value() == Some(&Duration::ZERO) { Setting::unknown() } else { limit };
        let read = if holder.index == rule.index {
            limit.clone().writable(Address::item(BACKEND, rule.index), ENCODE)
        } else {
            limit.clone()
        };
        RouteSettings { connect: limit.clone(), send: limit, read, ..settings }
    }

    /// A limit that another rule of the object takes the place of.
    fn overruled(&self, rule: &Section, holding: &Setting<Duration>) -> Option<Note> {
        let holding = holding.value()?;
        written(rule, BACKEND)?.value().filter(|own| *own != holding)?;
        let because = format!(
            "{} has one limit for all rules of an HTTPRoute, the last that is written, and that is {holding}.",
            self.name
        );
        without_effect(
            rule,
            BACKEND,
            About::Timeout,
            because,
            Some("move the rule to an HTTPRoute of its own, or write the same limit in both"),
        )
    }

    /// Whether a rule says how its requests are tried again, and that counts.
    fn is_retried(&self, rule: &Section) -> bool {
        matches!(self.retry, Retry::Used(_)) && rule.has("retry")
    }

    /// What is spoken to a backend where no port says otherwise.
    fn spoken(&self, kind: Kind) -> Setting<Protocol> {
        match kind {
            Kind::GrpcRoute => Setting::from(Protocol::Grpc, Provenance::GatewayDefault),
            Kind::HttpRoute if self.has_plain_protocol => Setting::from(Protocol::Http, Provenance::GatewayDefault),
            Kind::HttpRoute => Setting::presumed(Protocol::Http),
            // TLS goes through as it is.
            _ => Setting::unknown(),
        }
    }

    /// How often a request is tried, and on which failures.
    fn retries(&self, rule: &Section) -> (Setting<u32>, Setting<Conditions>) {
        let own = match self.retry {
            Retry::Used(own) if self.is_retried(rule) => own,
            Retry::Used(_) | Retry::Unused => {
                let tries = presumed(self.unasked.map(|again| again.tries));
                return (tries, presumed(self.unasked.map(|again| again.conditions(again.codes.iter().copied()))));
            }
        };
        let attempts = match rule.text("retry/attempts").map(str::parse::<u32>) {
            None => own.map_or_else(Setting::unknown, |own| Setting::from(own.tries, Provenance::GatewayDefault)),
            // The first try is not counted there.
            Some(Ok(again)) => Setting::written(again.saturating_add(1), Address::item(ATTEMPTS, rule.index)),
            Some(Err(_)) => Setting::unknown(),
        };
        let conditions = match (own, rule.text("retry/codes")) {
            (Some(own), Some(codes)) => Setting::written(own.conditions(codes.split(',')), Address::item(CODES, rule.index)),
            (Some(own), None) => Setting::from(own.conditions(own.codes.iter().copied()), Provenance::GatewayDefault),
            (None, _) => Setting::unknown(),
        };
        (attempts, conditions)
    }

    /// A limit that is written and not used, where it is not what holds all the same.
    fn unused_timeout(&self, rule: &Section, template: &'static str) -> Option<Note> {
        let holds = |own: Setting<Duration>| own.value().copied() == self.request;
        if self.request.is_some() && written(rule, template).is_some_and(holds) {
            return None;
        }
        self.unused(rule, template, About::Timeout)
    }

    /// A field that is written and not used.
    fn unused(&self, rule: &Section, template: &'static str, about: About) -> Option<Note> {
        let field = shown(rule, template);
        let because = format!("{} takes the route and does not look at {field}.", self.name);
        without_effect(rule, template, about, because, None)
    }
}

impl Again {
    fn conditions<'c>(&self, codes: impl Iterator<Item = &'c str>) -> Conditions {
        let codes = codes.map(|code| format!("http_{code}").into());
        Conditions(self.conditions.split_whitespace().map(Into::into).chain(codes).collect())
    }
}

/// A limit of the request that one of zero for a backend lifts.
fn lifted(rule: &Section) -> Option<Note> {
    let because =
        "timeouts.backendRequest takes its place where no retry is written, and 0s there is no limit at all.".to_owned();
    let instead = "write the limit at timeouts.backendRequest, or leave that one out";
    without_effect(rule, REQUEST, About::Timeout, because, Some(instead))
}

fn without_effect(rule: &Section, template: &'static str, about: About, because: String, instead: Option<&str>) -> Option<Note> {
    let address = Address::item(template, rule.index);
    let written = rule.text_at(&address)?.into();
    let kind = NoteKind::WithoutEffect { written, about, because: because.into(), instead: instead.map(Into::into) };
    Some(Note { address, key: shown(rule, template).into(), kind })
}

/// `timeouts.request`
fn shown(rule: &Section, template: &'static str) -> String {
    rule.field_of(template).replace('/', ".")
}

/// The duration in a field; `None` where nobody wrote one. The API server refuses what cannot be read.
fn written(rule: &Section, template: &'static str) -> Option<Setting<Duration>> {
    let address = Address::item(template, rule.index);
    let text = rule.text_at(&address)?;
    Some(gateway_api_duration(text).map_or_else(|_| Setting::unknown(), |span| Setting::written(span, address)))
}
