//! The gateways: one file each. A new one is that file and one word in [`ALL`].

mod answers;
mod contour;
mod definitions;
mod haproxy;
mod ingress_nginx;
mod nginx;
mod rendered;
mod traefik;

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::net::SocketAddr;

use futures::future::{BoxFuture, LocalBoxFuture};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use self::answers::accept;
use self::contour::Contour;
use self::haproxy::HaProxy;
use self::ingress_nginx::IngressNginx;
use self::nginx::Nginx;
use self::rendered::Rendered;
use self::traefik::Traefik;
use crate::cluster::{Parts, Stay};
use crate::fault::{Fault, Result};
use crate::kubectl::Kubectl;
use crate::place::Place;

/// All that there are.
pub(crate) const ALL: &[&dyn Gateway] = &[&IngressNginx, &Contour, &Traefik, &Nginx, &HaProxy];

/// How an experiment's Ingress is told to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RouteKind {
    /// As it is.
    Ingress,
    /// As an HTTPRoute of the Gateway API; one that the experiment has stays as it is.
    HttpRoute,
    /// Not at all: the experiment has a GRPCRoute of the Gateway API.
    GrpcRoute,
    /// As an HTTPProxy of Contour.
    HttpProxy,
}

/// A gateway: a process beside the node that reads routes from the API server and sends requests to pods.
pub(crate) trait Gateway: Sync {
    /// Its name in experiments and evidence, and that of its log.
    fn name(&self) -> &'static str;

    /// The parts that have to be built for it.
    fn parts(&self) -> &'static [&'static str];

    /// Its version as the program itself says it, for the evidence.
    fn version<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<String>>;

    /// Its `ingressClassName`, which is its GatewayClass and Gateway too.
    fn class(&self) -> &'static str;

    /// Where clients reach it over plain HTTP.
    fn address(&self) -> SocketAddr;

    /// Where clients reach it over TLS, if they do.
    fn secure_address(&self) -> Option<SocketAddr> {
        None
    }

    /// The log that says why a request failed, by its name in `stay`.
    fn log(&self) -> &'static str {
        self.name()
    }

    /// The kinds of routes that it reads.
    fn routes(&self) -> &'static [RouteKind];

    /// Applies what it needs in the cluster, starts it, and waits until it answers.
    fn start<'a>(&'a self, parts: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result>;
}

/// Those that were asked for with `lab up`.
pub(crate) fn chosen(place: &Place) -> Result<Vec<&'static dyn Gateway>> {
    let names = read_to_string(place.run().join("gateways")).unwrap_or_default();
    names.split_whitespace().map(find).collect()
}

/// The gateway of a name.
pub(crate) fn find(name: &str) -> Result<&'static dyn Gateway> {
    let known: BTreeSet<&str> = ALL.iter().map(|gateway| gateway.name()).collect();
    let found = ALL.iter().find(|gateway| gateway.name() == name).copied();
    found.ok_or_else(|| {
        Fault::Other(format!("no gateway is named {name}; there are: {}", known.into_iter().collect::<Vec<_>>().join(", ")))
    })
}

/// Runs the controller of a gateway that has none of its own, until its program ends.
pub(crate) async fn control(name: &str) -> Result {
    let known: [&dyn Rendered; 2] = [&Nginx, &HaProxy];
    let found = known.into_iter().find(|program| program.name() == name);
    let program = found.ok_or_else(|| Fault::Other(format!("the configuration of {name} is not written here")))?;
    rendered::control(program).await
}

/// The IngressClass of a gateway.
fn ingress_class(class: &str, controller: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": class}, "spec": {"controller": controller},
    })
}

/// A Namespace.
fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// A GatewayClass with its one Gateway, both of the same name, for routes of all namespaces.
fn gateway_api(class: &str, controller: &str, port: u16) -> [Value; 2] {
    const VERSION: &str = "gateway.networking.k8s.io/v1";
    let gateway_class = json!({
        "apiVersion": VERSION, "kind": "GatewayClass",
        "metadata": {"name": class}, "spec": {"controllerName": controller},
    });
    let listener = json!({"name": "http", "protocol": "HTTP", "port": port, "allowedRoutes": {"namespaces": {"from": "All"}}});
    let gateway = json!({
        "apiVersion": VERSION, "kind": "Gateway",
        "metadata": {"name": class, "namespace": "gateways"},
        "spec": {"gatewayClassName": class, "listeners": [listener]},
    });
    [gateway_class, gateway]
}

/// Applies objects, which has to succeed.
async fn apply(kubectl: &Kubectl, objects: impl IntoIterator<Item = Value>) -> Result {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects.into_iter().collect::<Vec<_>>()});
    kubectl.apply(&list.to_string()).await.map(drop)
}
