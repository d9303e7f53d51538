//! What implementations of the Gateway API make of its routes: the fields are the same for all, and what comes of them is not.
//!
//! Sources: the conformance reports in `kubernetes-sigs/gateway-api` and the translators of each project. Of the fields of a rule
//! that some do not use, nothing but the result tells: the route is accepted, and the field is not applied.

mod aws;
mod cilium;
mod contour;
mod envoy;
mod envoy_gateway;
mod gke;
mod istio;
mod kgateway;
mod kong;
mod nginx_gateway_fabric;
mod page;
mod settings;
mod traefik;

pub use page::page;

use super::{Dialect, Reading};
use crate::model::{Answers, BadBackend, Gateway, Global, Routing, Setting, Site};
use crate::object::Kind;
use crate::units::Duration;

pub(super) use aws::AWS;
pub(super) use cilium::CILIUM;
pub(super) use contour::CONTOUR;
pub(super) use envoy_gateway::ENVOY_GATEWAY;
pub(super) use gke::GKE;
pub(super) use istio::ISTIO;
pub(super) use kgateway::KGATEWAY;
pub(super) use kong::KONG;
pub(super) use nginx_gateway_fabric::NGINX_GATEWAY_FABRIC;
pub(super) use traefik::TRAEFIK;

/// What becomes of the timeouts of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Timeouts {
    /// Both are used. The one of a backend takes the place of the one of the request where nothing is tried again, and is that of
    /// one try where something is.
    Both,
    /// Only the one of a backend is used, as limit of each step.
    BackendOnly,
    /// None is used.
    Unused,
}

/// What becomes of `retry` of a rule.
#[derive(Clone, Copy, Debug)]
enum Retry {
    /// It is used, and where it leaves things open, this holds; `None` where that is not known.
    Used(Option<Again>),
    /// It is not used.
    Unused,
}

/// How a request is tried again.
#[derive(Clone, Copy, Debug)]
struct Again {
    /// How often in all; 0 is without end.
    tries: u32,
    /// On which failures, in the words of the proxy.
    conditions: &'static str,
    /// On which answers besides, where nobody names any.
    codes: &'static [&'static str],
}

impl Again {
    /// One try, and no other.
    const NEVER: Self = Self { tries: 1, conditions: "", codes: &[] };
}

/// An implementation of the Gateway API, and how it differs from others.
///
/// All times are what holds as long as none of its own policies says otherwise, and those are not read.
pub(super) struct Implementation {
    id: &'static str,
    name: &'static str,
    controllers: &'static [&'static str],
    answers: Answers,
    timeouts: Timeouts,
    retry: Retry,
    /// How it tries again, where a rule says nothing of it; `None` where that is not known.
    unasked: Option<Again>,
    /// How long the whole exchange may take; zero is without a limit, `None` where it is not known or there is no such limit.
    request: Option<Duration>,
    /// How long connecting may take.
    connect: Option<Duration>,
    /// How long a backend may move nothing, in either direction; `None` where there is no such limit.
    silence: Option<Duration>,
    /// How long it keeps an idle connection to a backend.
    upstream_idle: Option<Duration>,
    /// Whether a limit of zero for a backend lifts the one of the request.
    zero_lifts: bool,
    /// Whether nothing but the route and the port's `appProtocol` says what is spoken.
    has_plain_protocol: bool,
    /// Whether it sends to the name of an `ExternalName`; `None` where that depends on what nobody sees.
    routes_external_names: Option<bool>,
    /// Whether it speaks to a port what the port's `appProtocol` says.
    reads_app_protocol: Option<bool>,
    /// On which words of the port's `appProtocol` it speaks TLS without a policy; `None` where that is not known.
    tls_words: Option<&'static [&'static str]>,
    /// Whether its own charts install the experimental channel.
    is_experimental: bool,
    /// What becomes of a backend that is not there, beside others of its rule.
    bad_backend: BadBackend,
    /// The annotation of a route that may have something of its own answer in the place of a backend.
    answering_key: Option<&'static str>,
    /// Where it runs.
    site: Site,
    /// What of its own may say otherwise, to be read after "unless".
    policies: &'static str,
    /// The labels of its own pods; none where they depend on how it was installed.
    pod_labels: &'static [(&'static str, &'static str)],
}

/// What those answer that do not send with Envoy.
const REFUSED_502: Answers =
    Answers { refused: 502, unreachable: 504, no_endpoint: 503, invalid_backend: 500, too_slow: 504, wrong_protocol: 502 };

/// One that uses none of the fields that some do not use, and of which nothing else is told.
const UNTOLD: Implementation = Implementation {
    id: "",
    name: "",
    controllers: &[],
    answers: REFUSED_502,
    timeouts: Timeouts::Unused,
    retry: Retry::Unused,
    unasked: None,
    request: None,
    connect: None,
    silence: None,
    upstream_idle: None,
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: None,
    reads_app_protocol: None,
    tls_words: None,
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cluster,
    policies: "a policy of its own",
    pod_labels: &[],
};

/// All implementations, in the order of their names.
static ALL: &[&Implementation] =
    &[&AWS, &CILIUM, &CONTOUR, &ENVOY_GATEWAY, &GKE, &ISTIO, &KGATEWAY, &KONG, &NGINX_GATEWAY_FABRIC, &TRAEFIK];

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

    fn policies(&self) -> Option<&'static str> {
        Some(self.policies)
    }

    fn has_experimental_channel(&self) -> bool {
        self.is_experimental
    }

    fn bad_backend(&self) -> BadBackend {
        self.bad_backend
    }

    fn answering_key(&self) -> Option<&'static str> {
        self.answering_key
    }

    fn site(&self) -> Site {
        self.site
    }

    fn reads_app_protocol(&self) -> Option<bool> {
        self.reads_app_protocol
    }

    fn tls_words(&self) -> Option<&'static [&'static str]> {
        self.tls_words
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
        presumed(self.upstream_idle)
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

/// What holds unless a policy that nobody reads says otherwise.
fn presumed<T>(value: Option<T>) -> Setting<T> {
    value.map_or_else(Setting::unknown, Setting::presumed)
}
