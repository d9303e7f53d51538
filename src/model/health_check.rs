//! How a load balancer of the cloud asks pods by itself whether they may get requests: that of the AWS Load Balancer Controller, which
//! takes it from annotations of an Ingress and of the Services behind it.
//!
//! Source: `pkg/annotations/constants.go` and `pkg/ingress/model_build_target_group.go` in `kubernetes-sigs/aws-load-balancer-controller`.

use std::sync::Arc;

use serde_json::Value;

use super::probe::Port;
use super::routing::Routing;
use super::service::{Service, ServicePort};
use crate::object::{Address, ObjectId};

/// The prefix of its annotations.
const PREFIX: &str = "alb.ingress.kubernetes.io/";

/// Annotations that a load balancer reads, sorted by their keys.
pub type Sayings = Box<[(Arc<str>, Box<str>)]>;

/// The annotations of a Service that the load balancer of an Ingress reads.
pub(super) fn sayings(annotations: &Value) -> Sayings {
    let own = annotations.as_object().into_iter().flatten().filter(|(key, _)| key.starts_with(PREFIX));
    own.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
}

/// The health check of a load balancer for the pods behind one Service.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck<'r> {
    routing: &'r Routing,
    service: &'r Service,
}

/// One annotation, and where it stands.
#[derive(Clone, Debug)]
pub struct Saying<'r> {
    /// Its text.
    pub text: &'r str,
    /// On which object.
    pub object: &'r ObjectId,
    /// Where.
    pub address: Address,
}

/// What a health check speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spoken {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}

impl<'r> HealthCheck<'r> {
    /// The health check for the pods of a Service behind an object; `None` where another controller serves the object.
    /// `controller` is that of its class, where the class is seen.
    #[must_use]
    pub fn of(routing: &'r Routing, service: &'r Service, controller: Option<&str>) -> Option<Self> {
        let speaks_to_it = controller.is_some() || routing.annotations.iter().any(|(key, _)| key.starts_with(PREFIX));
        (speaks_to_it && routing.has_balancer(controller)).then_some(Self { routing, service })
    }

    /// The object that its Service is behind.
    #[must_use]
    pub fn routing(&self) -> &'r Routing {
        self.routing
    }

    /// The annotation of this name, as it would be written.
    #[must_use]
    pub fn key(name: &str) -> String {
        format!("{PREFIX}{name}")
    }

    /// What is said under a name: the Service has the last word on the pods behind it.
    fn said(&self, name: &str) -> Option<Saying<'r>> {
        let find = |own: &'r [(Arc<str>, Box<str>)], object| {
            let (key, text) = own.iter().find(|(key, _)| key.strip_prefix(PREFIX) == Some(name))?;
            Some(Saying { text, object, address: Address::Annotation(key.clone()) })
        };
        let of_service = find(&self.service.sayings, &self.service.id);
        of_service.or_else(|| find(&self.routing.annotations, &self.routing.id))
    }

    /// Whether somebody thought about what a healthy answer is: which path gives it, or which status it has.
    #[must_use]
    pub fn is_described(&self) -> bool {
        ["healthcheck-path", "success-codes"].iter().any(|name| self.said(name).is_some())
    }

    /// Whether it goes to the pods by their own addresses.
    #[must_use]
    pub fn asks_pods(&self) -> bool {
        self.said("target-type").is_some_and(|saying| saying.text == "ip")
    }

    /// The port that is written for it, where one is.
    #[must_use]
    pub fn written_port(&self) -> Option<Saying<'r>> {
        self.said("healthcheck-port").filter(|saying| saying.text != "traffic-port")
    }

    /// The port of a pod that it asks, where requests go to `traffic`; `None` where nobody can tell, as of a port of nodes.
    #[must_use]
    pub fn port(&self, traffic: u16) -> Option<u16> {
        let Some(written) = self.written_port() else { return Some(traffic) };
        if !self.asks_pods() {
            return None;
        }
        if let Ok(number) = written.text.parse() {
            return Some(number);
        }
        let named = |port: &&ServicePort| *port.name == *written.text;
        match self.service.ports.iter().find(named)?.target {
            Port::Number(number) => Some(number),
            Port::Name(_) => None,
        }
    }

    /// Whether it speaks TLS, and where that is written; `None` where what is written cannot be read.
    #[must_use]
    pub fn tls(&self) -> Option<(bool, Option<Saying<'r>>)> {
        let written = self.said("healthcheck-protocol").or_else(|| self.said("backend-protocol"));
        match written.as_ref().map(|saying| saying.text) {
            None | Some("HTTP") => Some((false, written)),
            Some("HTTPS") => Some((true, written)),
            Some(_) => None,
        }
    }

    /// What it speaks; `None` where what is written cannot be read.
    #[must_use]
    pub fn version(&self) -> Option<Spoken> {
        match self.said("backend-protocol-version").map_or("HTTP1", |saying| saying.text) {
            "HTTP1" => Some(Spoken::Http1),
            "HTTP2" => Some(Spoken::Http2),
            "GRPC" => Some(Spoken::Grpc),
            _ => None,
        }
    }
}
