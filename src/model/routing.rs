//! Routing: the routes that one object declares, of an Ingress or of a kind that a gateway brings.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::allow::Allow;
use super::json::{list, port_number, text};
use super::upstream::Upstream;
use crate::object::{Address, At, ObjectId};

/// Which class an Ingress names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClassName {
    /// In `spec.ingressClassName`, or in the older annotation.
    Named(Box<str>),
    /// Nowhere: the default class serves it, if there is one.
    Unset,
}

/// Which port of a Service a route names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BackendPort {
    /// By number.
    Number(u16),
    /// By name.
    Name(Box<str>),
    /// In a way that cannot be read.
    Unreadable,
}

impl fmt::Display for BackendPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "\"{name}\""),
            Self::Unreadable => f.write_str("(unreadable)"),
        }
    }
}

/// What answers the requests of a route.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Backend {
    /// A Service of the same namespace.
    Service {
        /// Its name.
        name: Box<str>,
        /// Its port.
        port: BackendPort,
    },
    /// A name that the object itself would have to define, and does not.
    Undefined(Box<str>),
    /// Something else: a resource, an action of a cloud controller, a Service of another namespace, or nothing that can be
    /// read.
    Other,
}

/// How a path is compared with that of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PathType {
    /// As a whole.
    Exact,
    /// As its first elements.
    Prefix,
    /// As the gateway likes, which is also what nothing written means.
    ImplementationSpecific,
}

/// Where in the object a route stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The default backend.
    Default,
    /// The path at these indexes.
    Path {
        /// Index of the rule.
        rule: usize,
        /// Index of the path in it.
        path: usize,
    },
    /// The route at this index of a list, which leads to an upstream.
    Listed {
        /// Which list.
        list: List,
        /// Index of the route.
        route: usize,
        /// Index of the upstream, where the object has it.
        upstream: Option<usize>,
    },
}

/// A list of routes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum List {
    /// `spec.routes`.
    Routes,
    /// `spec.subroutes`.
    Subroutes,
}

/// One host and path, and what answers there.
#[derive(Clone, Debug)]
pub struct Route {
    /// The host; empty for all.
    pub host: Arc<str>,
    /// The path; empty for the default backend.
    pub path: Box<str>,
    /// How the path is compared.
    pub path_type: PathType,
    /// What answers.
    pub backend: Backend,
    /// Where it stands.
    pub place: Place,
    /// Whether the backend is written in the form of `networking.k8s.io/v1`.
    pub is_v1: bool,
}

impl Route {
    /// The route as a person would call it: `shop.example.com/cart`.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&*self.host, self.place) {
            (_, Place::Default) => "the default backend".to_owned(),
            ("", _) => format!("*{}", self.path),
            // `~ ^/api` and its like.
            (host, _) if !self.path.starts_with('/') => format!("{host} {}", self.path),
            (host, _) => format!("{host}{}", self.path),
        }
    }

    /// Whether a host and path lead here; a default backend has none.
    #[must_use]
    pub fn has_path(&self) -> bool {
        self.place != Place::Default
    }

    /// The address of the path.
    #[must_use]
    pub fn path_address(&self) -> Address {
        match self.place {
            Place::Default => Address::field("/spec"),
            Place::Path { rule, path } => Address::nested("/spec/rules/{}/http/paths/{}/path", rule, path),
            Place::Listed { list: List::Routes, route, .. } => Address::item("/spec/routes/{}/path", route),
            Place::Listed { list: List::Subroutes, route, .. } => Address::item("/spec/subroutes/{}/path", route),
        }
    }

    /// The index of the upstream that it leads to, where it leads to one.
    #[must_use]
    pub fn upstream(&self) -> Option<usize> {
        match self.place {
            Place::Listed { upstream, .. } => upstream,
            Place::Default | Place::Path { .. } => None,
        }
    }

    /// The address of the backend's Service, or of a field below it.
    #[must_use]
    pub fn address(&self, field: BackendField) -> Address {
        let [path, default] = if self.is_v1 { field.templates() } else { field.old_templates() };
        match self.place {
            Place::Default => Address::field(default),
            Place::Path { rule, path: index } => Address::nested(path, rule, index),
            Place::Listed { upstream: Some(upstream), .. } => Address::item(field.of_upstream(), upstream),
            Place::Listed { .. } => self.path_address(),
        }
    }
}

/// A field of a backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BackendField {
    /// The Service.
    Service,
    /// Its name.
    Name,
    /// Its port.
    Port,
}

impl BackendField {
    const fn of_upstream(self) -> &'static str {
        match self {
            Self::Service | Self::Name => "/spec/upstreams/{}/service",
            Self::Port => "/spec/upstreams/{}/port",
        }
    }

    const fn templates(self) -> [&'static str; 2] {
        match self {
            Self::Service => ["/spec/rules/{}/http/paths/{}/backend/service", "/spec/defaultBackend/service"],
            Self::Name => ["/spec/rules/{}/http/paths/{}/backend/service/name", "/spec/defaultBackend/service/name"],
            Self::Port => ["/spec/rules/{}/http/paths/{}/backend/service/port", "/spec/defaultBackend/service/port"],
        }
    }

    const fn old_templates(self) -> [&'static str; 2] {
        match self {
            Self::Service => ["/spec/rules/{}/http/paths/{}/backend", "/spec/backend"],
            Self::Name => ["/spec/rules/{}/http/paths/{}/backend/serviceName", "/spec/backend/serviceName"],
            Self::Port => ["/spec/rules/{}/http/paths/{}/backend/servicePort", "/spec/backend/servicePort"],
        }
    }
}

/// The routes that one object declares.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Which object.
    pub id: ObjectId,
    /// Which class it names.
    pub class: ClassName,
    /// The controller that alone reads objects of its kind, as an `IngressClass` would name it; `None` for an Ingress, which
    /// any controller may read.
    pub controller: Option<&'static str>,
    /// Its annotations that a gateway may read, sorted by key.
    pub annotations: Box<[(Arc<str>, Box<str>)]>,
    /// Whether the object has annotations at all.
    pub has_annotations: bool,
    /// When it was stored, as the API server writes it; an object that only comes has no such time.
    pub created: Option<Box<str>>,
    /// Whether it is being deleted.
    pub is_leaving: bool,
    /// Whether it only splits the traffic of another object. Gateways that know this write it alike.
    pub is_canary: bool,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
    /// The hosts of rules without a path.
    pub bare_hosts: Box<[Box<str>]>,
    /// Its routes in their order.
    pub routes: Box<[Route]>,
    /// Its named backends, where it has such.
    pub upstreams: Box<[Upstream]>,
}

/// Prefixes of annotations that no gateway reads, and that may be large.
const UNREAD: &[&str] = &["kubectl.kubernetes.io/", "no502.dev/", "cert-manager.io/", "meta.helm.sh/", "argocd.argoproj.io/"];

impl Routing {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let of_annotation = raw.at(["metadata", "annotations", "kubernetes.io/ingress.class"]).as_str();
        let class = spec.at(["ingressClassName"]).as_str().or(of_annotation);
        let default = [spec.at(["defaultBackend"]), spec.at(["backend"])].into_iter().find(|backend| backend.is_object());
        let default = default.map(|backend| Route::read("".into(), "", PathType::Prefix, backend, Place::Default));
        let paths = list(spec.at(["rules"])).flat_map(|(rule, value)| {
            let host: Arc<str> = text(value.at(["host"])).into();
            list(value.at(["http", "paths"])).map(move |(path, entry)| {
                let written = entry.at(["path"]).as_str().filter(|path| !path.is_empty()).unwrap_or("/");
                let path_type = PathType::read(entry.at(["pathType"]));
                Route::read(host.clone(), written, path_type, entry.at(["backend"]), Place::Path { rule, path })
            })
        });
        let hosts = list(spec.at(["rules"])).filter(|(_, value)| list(value.at(["http", "paths"])).next().is_none());
        let hosts = hosts.map(|(_, value)| text(value.at(["host"]))).filter(|host| !host.is_empty());
        Self {
            class: class.map_or(ClassName::Unset, |name| ClassName::Named(name.into())),
            bare_hosts: hosts.map(Into::into).collect(),
            routes: paths.chain(default).collect(),
            ..Self::bare(id, raw)
        }
    }

    /// What its metadata says, without routes.
    pub(super) fn bare(id: &ObjectId, raw: &Value) -> Self {
        let metadata = raw.at(["metadata"]);
        let annotations = metadata.at(["annotations"]);
        let all = || annotations.as_object().into_iter().flatten();
        let kept = all().filter(|(key, _)| !UNREAD.iter().any(|prefix| key.starts_with(prefix)));
        Self {
            id: id.clone(),
            class: ClassName::Unset,
            controller: None,
            annotations: kept.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect(),
            has_annotations: all().next().is_some(),
            created: metadata.at(["creationTimestamp"]).as_str().map(Into::into),
            is_leaving: metadata.at(["deletionTimestamp"]).is_string(),
            is_canary: all().any(|(key, value)| key.contains("canary") && value != "false"),
            allow: Allow::read(raw),
            bare_hosts: Box::default(),
            routes: Box::default(),
            upstreams: Box::default(),
        }
    }

    /// The text of an annotation that a gateway may read.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let index = self.annotations.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.annotations.get(index).map(|(_, value)| &**value)
    }

    /// The text of the annotation of this name under a gateway's prefix; an empty one counts as absent.
    #[must_use]
    pub fn annotation_under(&self, prefix: &str, name: &str) -> Option<&str> {
        // Keys under one prefix mostly differ in their lengths.
        let length = prefix.len() + 1 + name.len();
        let is_it =
            |key: &str| key.len() == length && key.strip_suffix(name).and_then(|rest| rest.strip_suffix('/')) == Some(prefix);
        self.annotations.iter().find(|(key, _)| is_it(key)).map(|(_, text)| &**text).filter(|text| !text.is_empty())
    }

    /// The text of the annotation at an address.
    #[must_use]
    pub fn annotation_at(&self, address: &Address) -> Option<&str> {
        match address {
            Address::Key { prefix, name } => self.annotation(&format!("{prefix}/{name}")),
            Address::Annotation(key) => self.annotation(key),
            Address::Field(..) | Address::Data(_) => None,
        }
    }

    /// Where an annotation that is absent would be missed: at the annotations, or at the metadata when there are none.
    #[must_use]
    pub fn annotations_address(&self) -> Address {
        Address::field(if self.has_annotations { "/metadata/annotations" } else { "/metadata" })
    }

    /// Its hosts, also those without a path; one that several rules name may come several times.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let mut last: Option<&Arc<str>> = None;
        let own = self.routes.iter().filter(|route| route.has_path()).map(|route| &route.host);
        let with_paths = own.filter(move |host| last.replace(host).is_none_or(|last| !Arc::ptr_eq(last, host)));
        with_paths.map(|host| &**host).chain(self.bare_hosts.iter().map(|host| &**host))
    }

    /// The names of the Services that the routes lead to.
    pub fn service_names(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().filter_map(Route::service_name)
    }
}

impl Route {
    fn read(host: Arc<str>, path: &str, path_type: PathType, backend: &Value, place: Place) -> Self {
        let (service, old_name) = (backend.at(["service"]), backend.at(["serviceName"]));
        let is_v1 = !old_name.is_string();
        let (name, port) = if is_v1 {
            (text(service.at(["name"])), BackendPort::v1(service.at(["port"])))
        } else {
            (text(old_name), BackendPort::old(backend.at(["servicePort"])))
        };
        // The AWS controller names an action in the place of a Service.
        let is_action = port == BackendPort::Name("use-annotation".into());
        let backend = if name.is_empty() || is_action { Backend::Other } else { Backend::Service { name: name.into(), port } };
        Self { host, path: path.into(), path_type, backend, place, is_v1 }
    }

    /// The name of the Service that the route leads to.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        match &self.backend {
            Backend::Service { name, .. } => Some(name),
            Backend::Undefined(_) | Backend::Other => None,
        }
    }
}

impl PathType {
    fn read(written: &Value) -> Self {
        match written.as_str() {
            Some("Exact") => Self::Exact,
            Some("Prefix") => Self::Prefix,
            _ => Self::ImplementationSpecific,
        }
    }
}

impl BackendPort {
    fn v1(port: &Value) -> Self {
        match (port.at(["name"]).as_str(), port_number(port.at(["number"]))) {
            (Some(name), _) if !name.is_empty() => Self::Name(name.into()),
            (_, Some(number)) => Self::Number(number),
            _ => Self::Unreadable,
        }
    }

    fn old(port: &Value) -> Self {
        match (port.as_str(), port_number(port)) {
            (Some(name), _) => name.parse().map_or_else(|_| Self::Name(name.into()), Self::Number),
            (_, Some(number)) => Self::Number(number),
            _ => Self::Unreadable,
        }
    }
}
