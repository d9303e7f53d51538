//! Gateways: who forwards the requests of a route, and with which settings.

use std::fmt;
use std::sync::Arc;

use super::call::Called;
use super::lists::ServiceLists;
use super::matching::Matching;
use super::routing::Routing;
use super::selector::Labels;
use super::setting::{Setting, Write};
use super::version::Version;
use crate::object::{Kind, ObjectId};
use crate::units::{Duration, Size};

/// The global configuration of a gateway, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum Global<'w> {
    /// It has none, so its own defaults hold.
    None,
    /// These texts.
    Known(&'w Labels),
    /// Nobody told which one it is, or it was not seen yet.
    Unknown,
}

/// Which status a gateway answers with when a backend fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answers {
    /// The connection is refused or closed before an answer.
    pub refused: u16,
    /// Connecting takes too long.
    pub unreachable: u16,
    /// There is no endpoint to send to.
    pub no_endpoint: u16,
    /// The route leads to what is not there: a Service or a port of it.
    pub invalid_backend: u16,
    /// The backend takes too long.
    pub too_slow: u16,
    /// The protocols do not match.
    pub wrong_protocol: u16,
}

/// What becomes of a backend that is not there, beside others of its rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadBackend {
    /// Its share of the requests fails.
    Fails,
    /// It is left out, and the others take its share.
    LeftOut,
}

/// Where a gateway runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Site {
    /// Outside of the cluster, as a load balancer of the cloud.
    Cloud,
    /// In pods of the cluster, as far as anybody knows.
    Cluster,
}

/// Who serves a class.
#[derive(Clone, Debug)]
pub struct Gateway<'w> {
    /// The name of its dialect; `None` where nobody told which gateway it is.
    pub dialect: Option<&'static str>,
    /// How people call it.
    pub name: &'static str,
    /// Its version, where the policy document tells it.
    pub version: Option<Version>,
    /// The prefix of its annotations, without the slash.
    pub prefix: Arc<str>,
    /// Its global configuration.
    pub global: Global<'w>,
    /// What it answers when a backend fails.
    pub answers: Answers,
    /// Whether a route may name the target port of a Service in the place of its port; `None` where that is unknown.
    pub takes_target_ports: Option<bool>,
    /// Whether a port that has no name stands for every number that a route may write.
    pub takes_any_number: bool,
    /// The annotation that makes one object of several: `master` on the one with the host, `minion` on those with its paths.
    pub merging_key: Option<&'static str>,
    /// Whether it gives a host to one object as a whole, and nothing of the host to any other.
    pub gives_whole_hosts: bool,
    /// Whether it sends to the name that a Service of the type `ExternalName` stands for; `None` where that is unknown.
    pub routes_external_names: Option<bool>,
    /// The name of the dialect of the gateway that comes after it, where the policy document tells one.
    pub next: Option<&'static str>,
    /// How long it may still send to a pod that is gone; `None` where that was not measured.
    pub endpoint_delay: Option<Duration>,
    /// How it finds the route of a request; `None` where that is unknown.
    pub matching: Option<&'static dyn Matching>,
    /// Whether it speaks to a port what the port's `appProtocol` says; `None` where that is unknown.
    pub reads_app_protocol: Option<bool>,
    /// On which words of it it speaks TLS without an object that says so; `None` where that is unknown.
    pub tls_words: Option<&'static [&'static str]>,
    /// The namespace of its own pods; `None` where nobody tells.
    pub namespace: Option<&'w str>,
    /// The `Gateway` of the Gateway API that it serves, where it is one that the route names.
    pub object: Option<&'w ObjectId>,
    /// The labels that its own pods carry, as its charts and manifests set them; none where they are not known.
    pub pod_labels: &'static [(&'static str, &'static str)],
    /// What of its own may change its defaults and is not read here, to be read after "unless"; `None` where nothing does.
    pub policies: Option<&'static str>,
    /// Whether its own charts install the experimental channel of the Gateway API.
    pub has_experimental_channel: bool,
    /// What becomes of a backend that is not there, beside others of its rule.
    pub bad_backend: BadBackend,
    /// The annotation of a route that may have something of its own answer in the place of a backend.
    pub answering_key: Option<&'static str>,
    /// Where it runs.
    pub site: Site,
}

impl Gateway<'_> {
    /// Which part an object is of those that the gateway makes one of; `None` for one that stands alone.
    #[must_use]
    pub fn part_of(&self, routing: &Routing) -> Option<Part> {
        match routing.id.kind {
            kind if kind.is_gateway_route() => (!routing.parents.is_empty()).then_some(Part::Child),
            Kind::VirtualServer => Some(Part::Parent),
            Kind::VirtualServerRoute => Some(Part::Child),
            _ => match routing.annotation_under(&self.prefix, self.merging_key?) {
                Some("master") => Some(Part::Parent),
                Some("minion") => Some(Part::Child),
                _ => None,
            },
        }
    }
}

/// What an object is among several that a gateway makes one of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// It has the host.
    Parent,
    /// It has paths of a host that another one has.
    Child,
}

/// What a gateway speaks to a backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// HTTP/1.1 in plain text.
    Http,
    /// HTTP/1.1 over TLS.
    Https,
    /// gRPC in plain text.
    Grpc,
    /// gRPC over TLS.
    Grpcs,
    /// Anything else.
    Other,
}

impl Protocol {
    /// Whether it runs over TLS; `None` for what we do not know.
    #[must_use]
    pub fn is_tls(self) -> Option<bool> {
        match self {
            Self::Http | Self::Grpc => Some(false),
            Self::Https | Self::Grpcs => Some(true),
            Self::Other => None,
        }
    }

    /// Whether it carries gRPC.
    #[must_use]
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::Grpcs)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "plain HTTP",
            Self::Https => "HTTPS",
            Self::Grpc => "plain gRPC",
            Self::Grpcs => "gRPC over TLS",
            Self::Other => "another protocol",
        })
    }
}

/// On which failures a gateway tries another endpoint, in the words of the gateway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conditions(pub Box<[Box<str>]>);

impl Conditions {
    /// The conditions in a text that separates them by blanks.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(Into::into).collect())
    }

    /// Whether a condition is among them.
    #[must_use]
    pub fn contains(&self, condition: &str) -> bool {
        self.0.iter().any(|own| &**own == condition)
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// What holds for all routes of one object, in words that no gateway owns.
#[derive(Clone, Debug, Default)]
pub struct RouteSettings {
    /// How long connecting may take.
    pub connect: Setting<Duration>,
    /// How long the backend may read nothing.
    pub send: Setting<Duration>,
    /// How long the backend may say nothing.
    pub read: Setting<Duration>,
    /// How long the whole exchange may take.
    pub request: Setting<Duration>,
    /// On which failures another endpoint is tried.
    pub retry_conditions: Setting<Conditions>,
    /// Whether another try goes to another endpoint than the one that failed.
    pub retry_elsewhere: Setting<bool>,
    /// How many endpoints are tried in all; 0 is unlimited.
    pub retry_tries: Setting<u32>,
    /// How long trying may take in all; 0 is unlimited.
    pub retry_timeout: Setting<Duration>,
    /// What is spoken to the backend.
    pub protocol: Setting<Protocol>,
    /// The Services to which something else is spoken, where the gateway takes that by their names.
    pub services: Option<Box<ServiceLists>>,
    /// Whether no endpoint is tried twice, so that tries without a limit end with the endpoints.
    pub ends_with_endpoints: bool,
    /// Whether a timeout of 0 is none, and not one that is over at once.
    pub zero_is_endless: bool,
    /// How large the head of an answer may be.
    pub header_buffer: Setting<Size>,
    /// How large the body of a request may be; 0 is unlimited.
    pub body_limit: Setting<Size>,
    /// Whether it sends to the one address of the Service, in the place of those of its pods.
    pub cluster_ip: Setting<bool>,
    /// How long an idle connection to a backend is kept for the next request; 0 where none is.
    pub upstream_idle: Setting<Duration>,
    /// Whether a request to speak another protocol gets through, as WebSockets need it.
    pub upgrades: Setting<bool>,
    /// Whether clients may speak HTTP/2.
    pub client_http2: Setting<bool>,
    /// What the certificate of a backend is held against, where TLS is spoken to it.
    pub verification: Setting<Verification>,
    /// Who is asked whether a request may pass, before each.
    pub permission: Setting<Permission>,
}

/// Who is asked whether a request may pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permission {
    /// At this URL.
    pub url: Box<str>,
    /// What clients get where nobody answers there.
    pub unanswered: u16,
}

impl Permission {
    /// The Service that the URL names, where it certainly names one.
    #[must_use]
    pub fn service(&self) -> Option<Called<'_>> {
        // A Service in what is handed on is asked nothing.
        let (scheme, rest) = self.url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let end = scheme.len() + "://".len() + host.len();
        Called::all(self.url.get(..end)?).into_iter().next()
    }
}

/// What the certificate of a backend is held against.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verification {
    /// Nothing: any certificate will do.
    Off,
    /// This name.
    Name(Box<str>),
    /// A name of the gateway's own making, which no certificate has.
    NoName,
}

impl RouteSettings {
    /// What is spoken to a Service; `None` where that is not known.
    #[must_use]
    pub fn protocol_to(&self, service: &str) -> Option<Protocol> {
        match &self.services {
            Some(lists) => lists.protocol_of(service),
            None => self.protocol.value().copied(),
        }
    }

    /// The write after which this is spoken to a Service; `None` where it cannot be written.
    #[must_use]
    pub fn write_protocol_to(&self, service: &str, protocol: Protocol) -> Option<Write> {
        match &self.services {
            Some(lists) => lists.write(service, protocol),
            None => self.protocol.write(&protocol),
        }
    }
}
