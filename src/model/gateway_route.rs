//! `HTTPRoute`, `GRPCRoute` and `TLSRoute`: the routes of the Gateway API.
//!
//! Each rule is a section of its own, and each of its backends a route. Source: `apis/v1/httproute_types.go` and its neighbours in
//! `kubernetes-sigs/gateway-api`.

use std::sync::Arc;

use serde_json::Value;

use super::gateway_object::Listener;
use super::json::{count, list, port_number, text};
use super::route::{Backend, BackendPort, PathType, Place, Route};
use super::routing::Routing;
use super::section::Section;
use crate::object::{Address, At, Kind, ObjectId};

/// How many hosts, rules and backends of a rule the API server takes, and of whatever else. What is beyond that it refuses, so
/// nobody has to look at it.
const HOSTS: usize = 16;
const RULES: usize = 16;
const BACKENDS: usize = 16;
const MATCHES: usize = 64;
const PARENTS: usize = 32;
const FILTERS: usize = 16;

/// What a route of the Gateway API hangs on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParentRef {
    /// A `Gateway` or a `ListenerSet`.
    pub id: ObjectId,
    /// The one listener that is meant.
    pub listener: Option<Box<str>>,
    /// The port of the listeners that are meant.
    pub port: Option<u16>,
    /// Its place in the list.
    pub index: usize,
}

/// A rule of a route of the Gateway API: what it takes, and what it does with it.
#[derive(Clone, Debug)]
pub struct RouteRule {
    /// Its place in the list.
    pub index: usize,
    /// What it takes: one of these.
    pub matches: Box<[RouteMatch]>,
    /// How many backends it names.
    pub backends: usize,
    /// The weights of its backends in all.
    pub weight: u64,
    /// The types of its filters, in their order.
    pub filters: Box<[Box<str>]>,
    /// What it makes of the path.
    pub rewrite: Option<PathRewrite>,
}

/// What a rule makes of the path of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PathRewrite {
    /// Always this one.
    Full(Box<str>),
    /// This one in the place of the prefix that matched.
    Prefix(Box<str>),
}

/// One alternative of what a rule takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RouteMatch {
    /// The path.
    pub path: Box<str>,
    /// How the path is compared; a regular expression is specific to the implementation.
    pub path_type: PathType,
    /// The method; `None` for all.
    pub method: Option<Box<str>>,
    /// Whatever else it demands of headers and of the query, each as a text, sorted.
    pub demands: Box<[Box<str>]>,
    /// Its rule.
    pub rule: usize,
    /// Its place in the list; `None` where nobody wrote one.
    pub index: Option<usize>,
}

impl Routing {
    pub(super) fn read_gateway_route(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let mut hosts = list(spec.at(["hostnames"])).take(HOSTS).map(|(_, host)| text(host)).filter(|host| !host.is_empty());
        let host: Arc<str> = hosts.next().unwrap_or_default().into();
        let mut bare_hosts: Vec<Box<str>> = hosts.map(Into::into).collect();
        let (mut routes, mut sections, mut rules) = (Vec::new(), Vec::new(), Vec::new());
        for (index, value) in list(spec.at(["rules"])).take(RULES) {
            let rule = RouteRule::read(id.kind, index, value);
            let shown = rule.matches.first().map(RouteMatch::shown).unwrap_or_default();
            let name = value.at(["name"]).as_str().filter(|name| !name.is_empty()).unwrap_or(&shown);
            sections.push(Section::rule(value, name, index));
            let first = rule.matches.first();
            routes.extend(list(value.at(["backendRefs"])).take(BACKENDS).map(|(backend, reference)| Route {
                host: host.clone(),
                path: first.map(|own| own.path.clone()).unwrap_or_default(),
                path_type: first.map_or(PathType::Prefix, |own| own.path_type),
                backend: backend_of(reference, &id.namespace),
                weight: weight(reference),
                place: Place::Ref { rule: index, backend },
                is_v1: true,
            }));
            rules.push(rule);
        }
        if routes.is_empty() && !host.is_empty() {
            bare_hosts.push((*host).into());
        }
        let parents = list(spec.at(["parentRefs"])).take(PARENTS);
        let parents = parents.filter_map(|(index, value)| ParentRef::read(index, value, &id.namespace));
        Self {
            bare_hosts: bare_hosts.into(),
            routes: routes.into(),
            sections: sections.into(),
            rules: rules.into(),
            parents: parents.collect(),
            ..Self::bare(id, raw)
        }
    }
}

impl ParentRef {
    fn read(index: usize, value: &Value, own: &str) -> Option<Self> {
        const GROUP: &str = "gateway.networking.k8s.io";
        let group = value.at(["group"]).as_str().unwrap_or(GROUP);
        let kind = match value.at(["kind"]).as_str().unwrap_or("Gateway") {
            "Gateway" if group == GROUP => Kind::Gateway,
            "ListenerSet" if group == GROUP => Kind::ListenerSet,
            // A Service is one for routes inside a mesh.
            _ => return None,
        };
        let namespace = value.at(["namespace"]).as_str().unwrap_or(own);
        Some(Self {
            id: ObjectId::new(kind, namespace, text(value.at(["name"]))),
            listener: value.at(["sectionName"]).as_str().filter(|name| !name.is_empty()).map(Into::into),
            port: port_number(value.at(["port"])),
            index,
        })
    }

    /// Whether a listener of its object is meant, by its name and port.
    #[must_use]
    pub fn means(&self, listener: &Listener) -> bool {
        self.listener.as_ref().is_none_or(|name| *name == listener.name) && self.port.is_none_or(|port| port == listener.port)
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::item("/spec/parentRefs/{}", self.index)
    }

    /// Where it names a listener.
    #[must_use]
    pub fn listener_address(&self) -> Address {
        Address::item("/spec/parentRefs/{}/sectionName", self.index)
    }

    /// Where it names the port of its listeners.
    #[must_use]
    pub fn port_address(&self) -> Address {
        Address::item("/spec/parentRefs/{}/port", self.index)
    }
}

impl RouteRule {
    fn read(kind: Kind, index: usize, value: &Value) -> Self {
        let mut matches: Vec<RouteMatch> = list(value.at(["matches"]))
            .take(MATCHES)
            .map(|(own, value)| RouteMatch::read(kind, index, Some(own), value))
            .collect();
        if matches.is_empty() {
            matches.push(RouteMatch::read(kind, index, None, &Value::Null));
        }
        let filters = || list(value.at(["filters"])).take(FILTERS);
        let references = || list(value.at(["backendRefs"])).take(BACKENDS);
        Self {
            index,
            matches: matches.into(),
            backends: references().count(),
            weight: references().map(|(_, reference)| u64::from(weight(reference))).sum(),
            filters: filters().map(|(_, filter)| text(filter.at(["type"])).into()).collect(),
            rewrite: filters().find_map(|(_, filter)| PathRewrite::read(filter.at(["urlRewrite", "path"]))),
        }
    }

    /// Whether a filter answers by itself; `None` where that depends on what an extension does.
    #[must_use]
    pub fn answers_itself(&self) -> Option<bool> {
        if self.filters.iter().any(|filter| &**filter == "RequestRedirect") {
            return Some(true);
        }
        // CORS answers some requests, and what a filter of another group does nobody knows.
        let known = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "URLRewrite"];
        self.filters.iter().all(|filter| known.contains(&&**filter)).then_some(false)
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::item("/spec/rules/{}", self.index)
    }
}

impl PathRewrite {
    fn read(value: &Value) -> Option<Self> {
        match text(value.at(["type"])) {
            "ReplaceFullPath" => Some(Self::Full(text(value.at(["replaceFullPath"])).into())),
            "ReplacePrefixMatch" => Some(Self::Prefix(text(value.at(["replacePrefixMatch"])).into())),
            _ => None,
        }
    }
}

impl RouteMatch {
    fn read(kind: Kind, rule: usize, index: Option<usize>, value: &Value) -> Self {
        let (path, path_type) = match kind {
            Kind::GrpcRoute => grpc_path(value.at(["method"])),
            Kind::TlsRoute => ("".into(), PathType::Prefix),
            _ => {
                let path = value.at(["path"]);
                let path_type = match path.at(["type"]).as_str() {
                    Some("Exact") => PathType::Exact,
                    None | Some("PathPrefix") => PathType::Prefix,
                    Some(_) => PathType::ImplementationSpecific,
                };
                (path.at(["value"]).as_str().unwrap_or("/").into(), path_type)
            }
        };
        let demands = |what: &'static str, field: &str| {
            let demand = move |(_, own): (usize, &Value)| {
                let sort = own.at(["type"]).as_str().unwrap_or("Exact");
                let name =
                    if what == "header" { text(own.at(["name"])).to_lowercase() } else { text(own.at(["name"])).to_owned() };
                let equals = if sort == "Exact" { "=" } else { "~" };
                format!("{what} {name}{equals}{}", text(own.at(["value"]))).into_boxed_str()
            };
            list(value.at([field])).map(demand).collect::<Vec<Box<str>>>()
        };
        let mut demands: Vec<Box<str>> = [demands("header", "headers"), demands("query", "queryParams")].concat();
        demands.sort_unstable();
        // In a GRPCRoute the method is the path.
        let method = if kind == Kind::HttpRoute { value.at(["method"]).as_str().map(Into::into) } else { None };
        Self { path, path_type, method, demands: demands.into(), rule, index }
    }

    /// The match as a person would call it: `GET /cart`, `/ with header x-tenant=a`.
    #[must_use]
    pub fn shown(&self) -> String {
        let method = self.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
        let path = if self.path.is_empty() { "every connection" } else { &self.path };
        let with = if self.demands.is_empty() { String::new() } else { format!(" with {}", self.demands.join(", ")) };
        format!("{method}{path}{with}")
    }

    /// Whether it takes the very same requests as another one. A trailing slash of a prefix means nothing.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        fn path(of: &RouteMatch) -> &str {
            if of.path_type == PathType::Prefix { of.path.trim_end_matches('/') } else { &of.path }
        }
        (self.path_type, path(self), &self.method, &self.demands) == (other.path_type, path(other), &other.method, &other.demands)
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        match self.index {
            Some(index) => Address::nested("/spec/rules/{}/matches/{}", self.rule, index),
            None => Address::item("/spec/rules/{}", self.rule),
        }
    }
}

/// The path that calls of a method have: `/shop.Cart/Add`.
fn grpc_path(method: &Value) -> (Box<str>, PathType) {
    let (service, name) = (text(method.at(["service"])), text(method.at(["method"])));
    if method.at(["type"]).as_str().is_some_and(|own| own != "Exact") {
        return (format!("/{service}/{name}").into(), PathType::ImplementationSpecific);
    }
    match (service, name) {
        ("", "") => ("/".into(), PathType::Prefix),
        (service, "") => (format!("/{service}/").into(), PathType::Prefix),
        ("", name) => (format!("/*/{name}").into(), PathType::ImplementationSpecific),
        (service, name) => (format!("/{service}/{name}").into(), PathType::Exact),
    }
}

fn weight(reference: &Value) -> u32 {
    let written = reference.at(["weight"]);
    if written.is_null() { 1 } else { count(written).unwrap_or(1) }
}

/// What a reference leads to. Only Services are read.
fn backend_of(reference: &Value, own: &str) -> Backend {
    let is_service = reference.at(["group"]).as_str().unwrap_or_default().is_empty()
        && reference.at(["kind"]).as_str().unwrap_or("Service") == "Service";
    let name = text(reference.at(["name"]));
    if !is_service || name.is_empty() {
        return Backend::Other;
    }
    let namespace = reference.at(["namespace"]).as_str().filter(|namespace| !namespace.is_empty() && *namespace != own);
    Backend::Service {
        namespace: namespace.map(Into::into),
        name: name.into(),
        port: port_number(reference.at(["port"])).map_or(BackendPort::Unreadable, BackendPort::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: Kind, spec: &Value) -> Routing {
        Routing::read_gateway_route(&ObjectId::new(kind, "shop", "web"), &json!({"spec": spec}))
    }

    #[test]
    fn each_backend_of_each_rule_is_a_route() {
        let own = read(
            Kind::HttpRoute,
            &json!({
                "parentRefs": [{"name": "edge", "namespace": "edge", "sectionName": "https"}, {"kind": "Service", "group": "", "name": "x"}],
                "hostnames": ["a.example.com", "b.example.com"],
                "rules": [
                    {"matches": [{"path": {"type": "Exact", "value": "/cart"}, "method": "GET"}],
                     "backendRefs": [{"name": "cart", "port": 80, "weight": 9}, {"name": "new", "namespace": "next", "port": 80}]},
                    {"filters": [{"type": "RequestRedirect"}]},
                ],
            }),
        );
        assert_eq!(own.routes.len(), 2);
        assert_eq!(own.routes[0].shown(), "a.example.com/cart");
        assert_eq!(own.routes[1].service("shop"), Some(("next", "new")));
        assert_eq!(own.hosts().collect::<Vec<_>>(), ["a.example.com", "b.example.com"]);
        assert_eq!(own.parents.len(), 1);
        assert_eq!((own.rules[0].weight, own.rules[1].answers_itself()), (10, Some(true)));
        assert_eq!(&*own.sections[0].name, "GET /cart");
        assert_eq!(own.rules[1].matches[0].shown(), "/");
    }

    #[test]
    fn the_method_of_a_grpc_route_is_a_path() {
        let path = |method: Value| {
            let own = read(Kind::GrpcRoute, &json!({"rules": [{"matches": [{"method": method}]}]}));
            (own.rules[0].matches[0].path.to_string(), own.rules[0].matches[0].path_type)
        };
        assert_eq!(path(json!({"service": "shop.Cart", "method": "Add"})), ("/shop.Cart/Add".into(), PathType::Exact));
        assert_eq!(path(json!({"service": "shop.Cart"})), ("/shop.Cart/".into(), PathType::Prefix));
        assert_eq!(path(json!(null)), ("/".into(), PathType::Prefix));
    }

    #[test]
    fn two_matches_are_the_same_whatever_the_order_of_their_headers() {
        let of = |matches: Value| read(Kind::HttpRoute, &json!({"rules": [{"matches": matches}]})).rules[0].matches.clone();
        let own = of(json!([
            {"path": {"value": "/a/"}, "headers": [{"name": "X", "value": "1"}, {"name": "a", "value": "2"}]},
            {"path": {"value": "/a"}, "headers": [{"name": "A", "value": "2"}, {"name": "x", "value": "1"}]},
            {"path": {"value": "/a", "type": "Exact"}},
        ]));
        assert!(own[0].is_same(&own[1]));
        assert!(!own[1].is_same(&own[2]));
    }
}
