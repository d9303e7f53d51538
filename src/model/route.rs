//! Routes: a host and a path, and what answers there.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::json::{port_number, text};
use crate::object::{Address, At};

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
    /// A Service.
    Service {
        /// Its namespace, where it is not that of the object.
        namespace: Option<Box<str>>,
        /// Its name.
        name: Box<str>,
        /// Its port.
        port: BackendPort,
    },
    /// A name that the object itself would have to define, and does not.
    Undefined(Box<str>),
    /// Something else: a resource, an action of a cloud controller, or nothing that can be read.
    Other,
}

/// How a path is compared with that of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
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
        section: Option<usize>,
    },
    /// The backend at this index of a rule, of a route of the Gateway API.
    Ref {
        /// Index of the rule, which is its section, too.
        rule: usize,
        /// Index of the backend in it.
        backend: usize,
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
    /// Its share of the requests beside that of others at the same place.
    pub weight: u32,
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
            (host, _) if self.path.is_empty() => host.to_owned(),
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
            Place::Ref { rule, .. } => Address::item("/spec/rules/{}", rule),
            Place::Listed { list: List::Routes, route, .. } => Address::item("/spec/routes/{}/path", route),
            Place::Listed { list: List::Subroutes, route, .. } => Address::item("/spec/subroutes/{}/path", route),
        }
    }

    /// The index of the section that it belongs to, where it belongs to one.
    #[must_use]
    pub fn section(&self) -> Option<usize> {
        match self.place {
            Place::Listed { section, .. } => section,
            Place::Ref { rule, .. } => Some(rule),
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
            Place::Ref { rule, backend } => Address::nested(field.of_ref(), rule, backend),
            Place::Listed { section: Some(section), .. } => Address::item(field.of_section(), section),
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
    const fn of_section(self) -> &'static str {
        match self {
            Self::Service | Self::Name => "/spec/upstreams/{}/service",
            Self::Port => "/spec/upstreams/{}/port",
        }
    }

    const fn of_ref(self) -> &'static str {
        match self {
            Self::Service => "/spec/rules/{}/backendRefs/{}",
            Self::Name => "/spec/rules/{}/backendRefs/{}/name",
            Self::Port => "/spec/rules/{}/backendRefs/{}/port",
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

impl Route {
    pub(super) fn read(host: Arc<str>, path: &str, path_type: PathType, backend: &Value, place: Place) -> Self {
        let (service, old_name) = (backend.at(["service"]), backend.at(["serviceName"]));
        let is_v1 = !old_name.is_string();
        let (name, port) = if is_v1 {
            (text(service.at(["name"])), BackendPort::v1(service.at(["port"])))
        } else {
            (text(old_name), BackendPort::old(backend.at(["servicePort"])))
        };
        // The AWS controller names an action in the place of a Service.
        let is_action = port == BackendPort::Name("use-annotation".into());
        let service = || Backend::Service { namespace: None, name: name.into(), port };
        let backend = if name.is_empty() || is_action { Backend::Other } else { service() };
        Self { host, path: path.into(), path_type, backend, weight: 1, place, is_v1 }
    }

    /// The namespace and the name of the Service that the route leads to. `own` is the namespace of the object.
    #[must_use]
    pub fn service<'r>(&'r self, own: &'r str) -> Option<(&'r str, &'r str)> {
        match &self.backend {
            Backend::Service { namespace, name, .. } => Some((namespace.as_deref().unwrap_or(own), name)),
            Backend::Undefined(_) | Backend::Other => None,
        }
    }

    /// The port of the Service that the route leads to.
    #[must_use]
    pub fn port(&self) -> Option<&BackendPort> {
        match &self.backend {
            Backend::Service { port, .. } => Some(port),
            Backend::Undefined(_) | Backend::Other => None,
        }
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
    pub(super) fn read(written: &Value) -> Self {
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
