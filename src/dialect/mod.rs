//! Floor 4: one file per gateway: how it writes its settings, and what it does with bad ones.
//!
//! A dialect knows no rule. Reading never fails: what is unknown, misspelt or ignored becomes a [`Note`].

pub mod f5_nginx;
pub mod gateway_api;
pub mod ingress_nginx;
mod key;
mod nginx;
mod others;

pub use others::read_others;

use crate::model::{
    Answers, BadBackend, Gateway, Global, Labels, Matching, Note, RouteSettings, Routing, Setting, Site, Version,
};
use crate::object::Kind;
use crate::units::Duration;

/// What a dialect found in one object.
#[derive(Debug, Default)]
pub struct Reading {
    /// What holds for its routes, where it has no upstreams.
    pub settings: RouteSettings,
    /// What was noticed on the way.
    pub notes: Vec<Note>,
    /// The same for each of its upstreams, in their order.
    pub sections: Box<[Reading]>,
}

/// How one gateway writes its settings.
pub trait Dialect: Sync {
    /// The name in policy documents: `ingress-nginx`.
    fn id(&self) -> &'static str;
    /// How people call the gateway.
    fn name(&self) -> &'static str;
    /// The values of `IngressClass.spec.controller`, or of `GatewayClass.spec.controllerName`, that stand for it.
    fn controllers(&self) -> &'static [&'static str];
    /// The prefix of its annotations, without the slash, where nobody changed it.
    fn prefix(&self) -> &'static str;
    /// What it answers when a backend fails.
    fn answers(&self) -> Answers;
    /// How long it may still send to a pod that is gone.
    fn endpoint_delay(&self) -> Option<Duration>;
    /// Whether a route may name the target port of a Service in the place of its port.
    fn takes_target_ports(&self) -> bool;
    /// Whether a port of a Service that has no name stands for every number that a route may write.
    fn takes_any_number(&self) -> bool {
        false
    }
    /// Whether its global configuration sends every request again that failed, whatever its method and whatever an object
    /// says; `None` where that is not known.
    fn repeats_all(&self, global: Global<'_>) -> Option<bool>;
    /// The labels that its own pods carry, as its charts and manifests set them; none where they are not known.
    fn pod_labels(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Whether it speaks to a port what the port's `appProtocol` says; `None` where that depends on what nobody sees.
    fn reads_app_protocol(&self) -> Option<bool> {
        Some(false)
    }
    /// On which words of a port's `appProtocol` it speaks TLS without an object that says so; `None` where that is not known.
    fn tls_words(&self) -> Option<&'static [&'static str]> {
        None
    }
    /// What of its own may change its defaults and is not read here, to be read after "unless"; `None` where its global
    /// configuration says all of it.
    fn policies(&self) -> Option<&'static str> {
        None
    }
    /// Whether its own charts install the experimental channel of the Gateway API.
    fn has_experimental_channel(&self) -> bool {
        false
    }
    /// What becomes of a backend that is not there, beside others of its rule.
    fn bad_backend(&self) -> BadBackend {
        BadBackend::Fails
    }
    /// The annotation of a route that may have something of its own answer in the place of a backend.
    fn answering_key(&self) -> Option<&'static str> {
        None
    }
    /// Where it runs.
    fn site(&self) -> Site {
        Site::Cluster
    }
    /// How it finds the route of a request; `None` where only what Kubernetes asks of all gateways is known.
    fn matching(&self) -> Option<&'static dyn Matching> {
        None
    }
    /// Whether an annotation of this name, under its prefix, means something to it.
    fn knows(&self, name: &str) -> bool;
    /// The annotation that makes one object of several, where it has one.
    fn merging_key(&self) -> Option<&'static str> {
        None
    }
    /// Whether it gives a host to one object as a whole, and nothing of the host to any other.
    fn gives_whole_hosts(&self) -> bool {
        false
    }
    /// Whether it sends to the name that a Service of the type `ExternalName` stands for; `None` where that depends on what nobody
    /// sees.
    fn routes_external_names(&self, _global: Global<'_>) -> Option<bool> {
        None
    }
    /// The kinds it has to see.
    fn reads(&self) -> &'static [Kind];
    /// How long it keeps the connection of a client on which nothing moves, by its global configuration.
    fn client_idle(&self, _global: Global<'_>) -> Setting<Duration> {
        Setting::unknown()
    }
    /// How long it keeps an idle connection to the backends of an object.
    fn upstream_idle(&self, _routing: &Routing, _gateway: &Gateway<'_>) -> Setting<Duration> {
        Setting::unknown()
    }
    /// What is wrong with the texts of its global configuration.
    fn read_global(&self, _texts: &Labels, _gateway: &Gateway<'_>) -> Vec<Note> {
        Vec::new()
    }
    /// Reads what an object says.
    fn read(&self, routing: &Routing, gateway: &Gateway<'_>) -> Reading;
    /// What holds for the routes of an object, where nobody asks what was noticed on the way.
    fn settings(&self, routing: &Routing, gateway: &Gateway<'_>) -> Reading {
        self.read(routing, gateway)
    }
    /// The gateway in this version, with this global configuration, under its own prefix, and with none after it.
    fn gateway<'w>(&self, version: Option<Version>, global: Global<'w>) -> Gateway<'w> {
        Gateway {
            dialect: Some(self.id()),
            name: self.name(),
            version,
            prefix: self.prefix().into(),
            global,
            answers: self.answers(),
            takes_target_ports: Some(self.takes_target_ports()),
            takes_any_number: self.takes_any_number(),
            merging_key: self.merging_key(),
            gives_whole_hosts: self.gives_whole_hosts(),
            routes_external_names: self.routes_external_names(global),
            next: None,
            endpoint_delay: self.endpoint_delay(),
            matching: self.matching(),
            namespace: None,
            object: None,
            reads_app_protocol: self.reads_app_protocol(),
            tls_words: self.tls_words(),
            pod_labels: self.pod_labels(),
            policies: self.policies(),
            has_experimental_channel: self.has_experimental_channel(),
            bad_backend: self.bad_backend(),
            answering_key: self.answering_key(),
            site: self.site(),
        }
    }
}

/// All dialects, in the order of their names.
pub static DIALECTS: &[&dyn Dialect] = &[
    &gateway_api::AWS,
    &gateway_api::CILIUM,
    &gateway_api::CONTOUR,
    &gateway_api::ENVOY_GATEWAY,
    &f5_nginx::F5Nginx,
    &gateway_api::GKE,
    &ingress_nginx::IngressNginx,
    &gateway_api::ISTIO,
    &gateway_api::KGATEWAY,
    &gateway_api::KONG,
    &gateway_api::NGINX_GATEWAY_FABRIC,
    &gateway_api::TRAEFIK,
];

/// The dialect of this name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|dialect| dialect.id() == id)
}

/// The dialect of the gateway that calls itself so in a class.
#[must_use]
pub fn by_controller(controller: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|dialect| dialect.controllers().contains(&controller))
}
