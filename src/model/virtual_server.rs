//! `VirtualServer` and `VirtualServerRoute`: routes with named upstreams, which only the F5 NGINX Ingress Controller reads.
//!
//! Source: `pkg/apis/configuration/v1/types.go` of that controller.

use std::sync::Arc;

use serde_json::Value;

use super::json::{list, text};
use super::route::{Backend, BackendPort, List, PathType, Place, Route};
use super::routing::{ClassName, Routing};
use super::section::Section;
use crate::object::{At, Kind, ObjectId};

/// The only controller that reads these kinds, as an `IngressClass` names it.
const CONTROLLER: &str = "nginx.org/ingress-controller";

impl Routing {
    pub(super) fn read_virtual_server(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let class = spec.at(["ingressClassName"]).as_str().filter(|name| !name.is_empty());
        let host: Arc<str> = text(spec.at(["host"])).into();
        let (written, list_of) = match id.kind {
            Kind::VirtualServerRoute => (spec.at(["subroutes"]), List::Subroutes),
            _ => (spec.at(["routes"]), List::Routes),
        };
        let is_written = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let has_snippets = ["http-snippets", "server-snippets"].into_iter().any(|name| is_written(spec.at([name])))
            || list(written).any(|(_, route)| is_written(route.at(["location-snippets"])));
        let upstreams = Section::upstreams(spec, has_snippets);
        let mut routes = Vec::new();
        for (index, value) in list(written) {
            let mut names = Vec::new();
            upstreams_of(value, &mut names);
            names.sort_unstable();
            names.dedup();
            routes.extend(names.into_iter().map(|name| {
                let upstream = upstreams.iter().find(|own| *own.name == *name);
                Route {
                    host: host.clone(),
                    path: text(value.at(["path"])).into(),
                    path_type: PathType::ImplementationSpecific,
                    backend: upstream.map_or(Backend::Undefined(name.into()), |own| backend(own, &id.namespace)),
                    weight: 1,
                    place: Place::Listed { list: list_of, route: index, section: upstream.map(|own| own.index) },
                    is_v1: true,
                }
            }));
        }
        let bare = routes.is_empty() && !host.is_empty();
        Self {
            class: class.map_or(ClassName::Unset, |name| ClassName::Named(name.into())),
            controller: Some(CONTROLLER),
            bare_hosts: if bare { Box::new([(&*host).into()]) } else { Box::default() },
            routes: routes.into(),
            sections: upstreams,
            ..Self::bare(id, raw)
        }
    }
}

/// The upstreams that a route names, in its action and in those of its splits and matches.
fn upstreams_of<'v>(route: &'v Value, names: &mut Vec<&'v str>) {
    let action = route.at(["action"]);
    let passed = [action.at(["pass"]), action.at(["proxy", "upstream"])];
    names.extend(passed.into_iter().filter_map(Value::as_str).filter(|name| !name.is_empty()));
    for below in ["splits", "matches"] {
        for (_, value) in list(route.at([below])) {
            upstreams_of(value, names);
        }
    }
}

/// The Service of an upstream. One of another namespace is written with it.
fn backend(upstream: &Section, namespace: &str) -> Backend {
    let service = upstream.text("service").unwrap_or_default();
    let (own, name) = service.split_once('/').unwrap_or((namespace, service));
    if name.is_empty() {
        return Backend::Other;
    }
    let namespace = (own != namespace).then(|| own.into());
    let port = upstream.text("port").and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
    Backend::Service { namespace, name: name.into(), port: port.map_or(BackendPort::Unreadable, BackendPort::Number) }
}
