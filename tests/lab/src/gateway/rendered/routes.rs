//! What Ingresses, Services and EndpointSlices say together: which host and path goes to which addresses.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{HTTPIngressPath, Ingress, IngressBackend, IngressServiceBackend};
use kube::ResourceExt;

/// Everything that was read from the API server.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) ingresses: Vec<Arc<Ingress>>,
    pub(crate) services: Vec<Arc<Service>>,
    pub(crate) slices: Vec<Arc<EndpointSlice>>,
}

/// Requests of one host and path, and where they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// All hosts when empty; `*.` at its start stands for one label or more.
    pub(crate) host: String,
    /// Without a slash at its end, so that of `/` is empty.
    pub(crate) path: String,
    /// That path only, and none below it.
    pub(crate) exact: bool,
    /// Where they go.
    pub(crate) upstream: Upstream,
}

/// A port of a Service, as one Ingress uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upstream {
    /// `namespace.ingress.service.port`.
    pub(crate) name: String,
    /// The ready ones, each `ip:port`.
    pub(crate) endpoints: BTreeSet<String>,
    /// What the Ingress says for this program's configuration, verbatim.
    pub(crate) settings: String,
}

impl Objects {
    /// The routes of a class, most specific first. Where two Ingresses say the same, the older one counts.
    pub(crate) fn routes(&self, class: &str, annotation: &str) -> Vec<Route> {
        let mut ingresses: Vec<&Ingress> =
            self.ingresses.iter().map(AsRef::as_ref).filter(|ingress| class_of(ingress) == Some(class)).collect();
        ingresses.sort_by_key(|ingress| (ingress.creation_timestamp(), ingress.namespace(), ingress.name_any()));
        let mut routes: Vec<Route> = Vec::new();
        for route in ingresses.into_iter().flat_map(|ingress| self.of_ingress(ingress, annotation)) {
            if !routes.iter().any(|other| other.key() == route.key()) {
                routes.push(route);
            }
        }
        routes.sort_by(|one, other| other.weight().cmp(&one.weight()).then_with(|| one.key().cmp(&other.key())));
        routes
    }

    fn of_ingress(&self, ingress: &Ingress, annotation: &str) -> Vec<Route> {
        let Some(spec) = &ingress.spec else { return Vec::new() };
        let settings = ingress.annotations().get(annotation).cloned().unwrap_or_default();
        let route = |host: &str, path: &str, exact, backend: &IngressBackend| {
            let upstream = self.upstream(ingress, backend.service.as_ref()?, settings.clone());
            let path = path.trim_end_matches('/').to_owned();
            Some(Route { host: host.to_owned(), path, exact, upstream })
        };
        let mut found: Vec<Option<Route>> = Vec::new();
        for rule in spec.rules.iter().flatten() {
            let host = rule.host.as_deref().unwrap_or_default();
            let paths = rule.http.iter().flat_map(|http| &http.paths);
            found.extend(paths.map(|path| route(host, path_of(path), path.path_type == "Exact", &path.backend)));
        }
        found.extend(spec.default_backend.iter().map(|backend| route("", "", false, backend)));
        found.into_iter().flatten().collect()
    }

    fn upstream(&self, ingress: &Ingress, backend: &IngressServiceBackend, settings: String) -> Upstream {
        let namespace = ingress.namespace().unwrap_or_default();
        let port = backend.port.clone().unwrap_or_default();
        let shown = port.name.clone().or_else(|| port.number.map(|number| number.to_string())).unwrap_or_default();
        let name = format!("{namespace}.{}.{}.{shown}", ingress.name_any(), backend.name);
        let service =
            self.services.iter().find(|service| service.name_any() == backend.name && service.namespace() == ingress.namespace());
        let ports = service.and_then(|service| service.spec.as_ref()).and_then(|spec| spec.ports.as_ref());
        let port =
            ports.into_iter().flatten().find(|one| port.name.is_some() && one.name == port.name || Some(one.port) == port.number);
        let endpoints = port.map(|port| self.endpoints(&namespace, &backend.name, port.name.as_deref().unwrap_or_default()));
        Upstream { name, endpoints: endpoints.unwrap_or_default(), settings }
    }

    /// The ready addresses behind a port of a Service. The slices know its number: it may differ from pod to pod.
    fn endpoints(&self, namespace: &str, service: &str, port: &str) -> BTreeSet<String> {
        const OF: &str = "kubernetes.io/service-name";
        let slices = self.slices.iter().filter(|slice| {
            slice.namespace().as_deref() == Some(namespace) && slice.labels().get(OF).is_some_and(|name| name == service)
        });
        let mut found = BTreeSet::new();
        for slice in slices {
            let ports = slice.ports.iter().flatten().filter(|one| one.name.as_deref().unwrap_or_default() == port);
            for number in ports.filter_map(|port| port.port) {
                let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
                    // No word about it means ready.
                    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false)
                });
                found.extend(ready.flat_map(|endpoint| &endpoint.addresses).map(|address| joined(address, number)));
            }
        }
        found
    }
}

impl Route {
    /// What no two routes may share.
    fn key(&self) -> (&str, &str, bool) {
        (&self.host, &self.path, self.exact)
    }

    /// A whole host before a wildcard before none, then the longer path, then the exact one.
    fn weight(&self) -> (u8, usize, usize, bool) {
        let host = if self.host.is_empty() {
            0
        } else if self.host.starts_with('*') {
            1
        } else {
            2
        };
        (host, self.host.len(), self.path.len(), self.exact)
    }
}

fn class_of(ingress: &Ingress) -> Option<&str> {
    let named = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_deref());
    named.or_else(|| ingress.annotations().get("kubernetes.io/ingress.class").map(String::as_str))
}

fn path_of(path: &HTTPIngressPath) -> &str {
    path.path.as_deref().unwrap_or("/")
}

fn joined(address: &str, port: i32) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}
