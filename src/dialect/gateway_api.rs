//! What implementations of the Gateway API make of its routes: the fields are the same for all, and what comes of them is not.
//!
//! Sources: the conformance reports in `kubernetes-sigs/gateway-api` and the translators of each project. Of the fields of a rule
//! that some do not use, nothing but the result tells: the route is accepted, and the field is not applied.

mod envoy_gateway;
mod kong;
mod nginx_gateway_fabric;

use super::{Dialect, Reading};
use crate::model::{
    About, Answers, Conditions, Gateway, Global, Note, NoteKind, Protocol, Provenance, RouteSettings, Routing, Section, Setting,
};
use crate::object::{Address, Kind};
use crate::units::{Duration, gateway_api_duration, to_gateway_api_duration};

pub(super) use envoy_gateway::ENVOY_GATEWAY;
pub(super) use kong::KONG;
pub(super) use nginx_gateway_fabric::NGINX_GATEWAY_FABRIC;

/// What becomes of the timeouts of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Timeouts {
    /// Both are used. The one of a backend takes the place of the one of the request where nothing is tried again, and is that of
    /// one try where something is.
    Both,
    /// Only the one of a backend is used, as limit of each step.
    BackendOnly,
    /// None is used.
    Unused,
}

/// An implementation of the Gateway API, and how it differs from others.
pub(super) struct Implementation {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) controllers: &'static [&'static str],
    pub(super) answers: Answers,
    pub(super) timeouts: Timeouts,
    /// Whether `retry` of a rule is used.
    pub(super) has_retry: bool,
    /// How often it tries, where a rule says nothing of it; `None` where its own policies say it.
    pub(super) tries: Option<u32>,
    /// How long the whole exchange may take, where nobody says it; zero is without a limit, `None` where it is not known.
    pub(super) request: Option<Duration>,
    /// How long it keeps an idle connection to a backend.
    pub(super) upstream_idle: Option<Duration>,
    /// How long connecting may take.
    pub(super) connect: Option<Duration>,
    /// Whether it sends to the name of an `ExternalName`; `None` where that depends on what nobody sees.
    pub(super) routes_external_names: Option<bool>,
    /// Whether it speaks to a port what the port's `appProtocol` says.
    pub(super) reads_app_protocol: Option<bool>,
    /// The labels of its own pods.
    pub(super) pod_labels: &'static [(&'static str, &'static str)],
}

impl Dialect for Implementation {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn controllers(&self) -> &'static [&'static str] {
        self.controllers
    }

    fn prefix(&self) -> &'static str {
        "gateway.networking.k8s.io"
    }

    fn answers(&self) -> Answers {
        self.answers
    }

    fn endpoint_delay(&self) -> Option<Duration> {
        None
    }

    fn takes_target_ports(&self) -> bool {
        false
    }

    fn repeats_all(&self, _global: Global<'_>) -> Option<bool> {
        None
    }

    fn reads_app_protocol(&self) -> Option<bool> {
        self.reads_app_protocol
    }

    fn routes_external_names(&self, _global: Global<'_>) -> Option<bool> {
        self.routes_external_names
    }

    fn pod_labels(&self) -> &'static [(&'static str, &'static str)] {
        self.pod_labels
    }

    fn knows(&self, _name: &str) -> bool {
        false
    }

    fn reads(&self) -> &'static [Kind] {
        &[
            Kind::BackendTlsPolicy,
            Kind::Gateway,
            Kind::GatewayClass,
            Kind::GrpcRoute,
            Kind::HttpRoute,
            Kind::ListenerSet,
            Kind::ReferenceGrant,
            Kind::TlsRoute,
        ]
    }

    fn upstream_idle(&self, _routing: &Routing, _gateway: &Gateway<'_>) -> Setting<Duration> {
        // A policy of its own may say otherwise, and is not read.
        self.upstream_idle.map_or_else(Setting::unknown, Setting::presumed)
    }

    fn read(&self, routing: &Routing, _gateway: &Gateway<'_>) -> Reading {
        let sections = routing.sections.iter().map(|rule| {
            let mut notes = Vec::new();
            let settings = self.settings_of(rule, routing, &mut notes);
            Reading { settings, notes, ..Reading::default() }
        });
        Reading { sections: sections.collect(), ..Reading::default() }
    }
}

const REQUEST: &str = "/spec/rules/{}/timeouts/request";
const BACKEND: &str = "/spec/rules/{}/timeouts/backendRequest";
const ATTEMPTS: &str = "/spec/rules/{}/retry/attempts";
const CODES: &str = "/spec/rules/{}/retry/codes";

impl Implementation {
    fn settings_of(&self, rule: &Section, routing: &Routing, notes: &mut Vec<Note>) -> RouteSettings {
        let settings = RouteSettings {
            protocol: spoken(routing.id.kind),
            connect: self.connect.map_or_else(Setting::unknown, Setting::presumed),
            upstream_idle: self.upstream_idle.map_or_else(Setting::unknown, Setting::presumed),
            upgrades: Setting::presumed(true),
            ..RouteSettings::default()
        };
        // Only an HTTPRoute has such fields.
        if routing.id.kind != Kind::HttpRoute {
            return settings;
        }
        let retries = self.has_retry && rule.has("retry");
        let (request, backend) = (written(rule, REQUEST), written(rule, BACKEND));
        let default = || self.request.map_or_else(Setting::unknown, Setting::presumed);
        let encode: fn(&Duration) -> serde_json::Value = |span| to_gateway_api_duration(*span).into();
        let at = |template| Address::item(template, rule.index);
        let (request, read) = match self.timeouts {
            Timeouts::Unused => {
                notes.extend([REQUEST, BACKEND].into_iter().filter_map(|field| self.unused(rule, field, About::Timeout)));
                (default(), Setting::unknown())
            }
            Timeouts::BackendOnly => {
                notes.extend(self.unused(rule, REQUEST, About::Timeout));
                (default(), backend.unwrap_or_default().writable(at(BACKEND), encode))
            }
            Timeouts::Both if retries => {
                (request.unwrap_or_else(default).writable(at(REQUEST), encode), backend.unwrap_or_default())
            }
            // Without tries in their number, the limit of the one try is that of the whole.
            Timeouts::Both => (backend.or(request).unwrap_or_else(default).writable(at(REQUEST), encode), Setting::unknown()),
        };
        if !self.has_retry {
            notes.extend(self.unused(rule, ATTEMPTS, About::Retry).or_else(|| self.unused(rule, CODES, About::Retry)));
        }
        let (retry_tries, retry_conditions) = self.retries(rule, retries);
        RouteSettings { read, request, retry_conditions, retry_tries, ..settings }
    }

    /// How often a request is tried, and on which failures.
    fn retries(&self, rule: &Section, retries: bool) -> (Setting<u32>, Setting<Conditions>) {
        if !retries {
            return (self.tries.map_or_else(Setting::unknown, Setting::presumed), Setting::unknown());
        }
        let attempts = match rule.text("retry/attempts") {
            None => Setting::unknown(),
            Some(text) => match text.parse::<u32>() {
                // The first try is not counted there.
                Ok(again) => Setting::written(again.saturating_add(1), Address::item(ATTEMPTS, rule.index)),
                Err(_) => Setting::unknown(),
            },
        };
        let codes = rule.text("retry/codes").unwrap_or_default();
        let named = codes.split(',').filter(|code| !code.is_empty()).map(|code| format!("http_{code}"));
        let conditions: Vec<Box<str>> =
            ["error".to_owned(), "timeout".to_owned()].into_iter().chain(named).map(Into::into).collect();
        let conditions = Conditions(conditions.into());
        let conditions = if codes.is_empty() {
            Setting::from(conditions, Provenance::GatewayDefault)
        } else {
            Setting::written(conditions, Address::item(CODES, rule.index))
        };
        (attempts, conditions)
    }

    /// A field that is written and not used.
    fn unused(&self, rule: &Section, template: &'static str, about: About) -> Option<Note> {
        let written = rule.text_at(&Address::item(template, rule.index))?;
        let field = rule.field_of(template);
        let because = format!("{} takes the route and does not look at {}", self.name, field.replace('/', "."));
        Some(Note {
            address: Address::item(template, rule.index),
            key: field.into(),
            kind: NoteKind::WithoutEffect { written: written.into(), about, because: because.into(), instead: None },
        })
    }
}

/// What is spoken to a backend where no port says otherwise.
fn spoken(kind: Kind) -> Setting<Protocol> {
    match kind {
        Kind::GrpcRoute => Setting::from(Protocol::Grpc, Provenance::GatewayDefault),
        Kind::HttpRoute => Setting::from(Protocol::Http, Provenance::GatewayDefault),
        // TLS goes through as it is.
        _ => Setting::unknown(),
    }
}

/// The duration in a field; `None` where nobody wrote one. The API server refuses what cannot be read.
fn written(rule: &Section, template: &'static str) -> Option<Setting<Duration>> {
    let address = Address::item(template, rule.index);
    let text = rule.text_at(&address)?;
    Some(gateway_api_duration(text).map_or_else(|_| Setting::unknown(), |span| Setting::written(span, address)))
}
