//! Floor 2: what traffic will really meet, in words that no gateway owns.
//!
//! The standard fields of Kubernetes objects are read here, whatever the gateway. What a gateway's own annotations add
//! is laid over it by a dialect. Deliberately absent: everything that has no bearing on how requests are answered.

mod allow;
mod class;
mod declared;
mod gateway;
mod hook;
mod json;
mod lists;
mod matching;
mod mesh;
mod namespace;
mod probe;
mod process;
mod proxy;
mod routing;
mod selector;
mod service;
mod setting;
mod upstream;
mod virtual_server;
mod workload;

pub use allow::Allow;
pub use class::IngressClass;
pub use declared::Declared;
pub use gateway::{
    About, Answers, Conditions, Gateway, Global, Note, NoteKind, Part, Protocol, Rejection, RouteSettings, Verification, Version,
};
pub use hook::Hook;
pub use lists::{ServiceList, ServiceLists};
pub use matching::{Matching, Pattern, Reach, Tried, looks_like_expression};
pub use mesh::{Mesh, ProxyDrain};
pub use namespace::{ConfigMap, Namespace};
pub use probe::{Handler, Port, Probe};
pub use process::Process;
pub use proxy::Proxy;
pub use routing::{Backend, BackendField, BackendPort, ClassName, List, PathType, Place, Route, Routing};
pub use selector::Labels;
pub use service::{Exposure, Service, ServicePort};
pub use setting::{Provenance, Setting, Write, Writing};
pub use upstream::Upstream;
pub use workload::{Amount, Container, ContainerField, ContainerPort, Rollout, Workload};

use crate::object::{Kind, Object, ObjectId};

/// One object, read.
#[derive(Clone, Debug)]
pub enum Model {
    /// The global settings of a gateway.
    ConfigMap(ConfigMap),
    /// Which controller serves a class.
    IngressClass(IngressClass),
    /// Labels that choose profiles.
    Namespace(Namespace),
    /// The routes of one object.
    Routing(Box<Routing>),
    /// A Service.
    Service(Box<Service>),
    /// A controller of pods.
    Workload(Box<Workload>),
}

impl Model {
    /// Reads an object. Reading never fails: what cannot be understood is unknown or absent.
    #[must_use]
    pub fn read(object: &Object) -> Self {
        let (id, raw) = (&object.id, &object.raw);
        match id.kind {
            Kind::ConfigMap => Self::ConfigMap(ConfigMap::read(id, raw)),
            Kind::DaemonSet | Kind::Deployment | Kind::StatefulSet => Self::Workload(Box::new(Workload::read(id, raw))),
            Kind::Ingress => Self::Routing(Box::new(Routing::read(id, raw))),
            Kind::IngressClass => Self::IngressClass(IngressClass::read(id, raw)),
            Kind::Namespace => Self::Namespace(Namespace::read(id, raw)),
            Kind::Service => Self::Service(Box::new(Service::read(id, raw))),
            Kind::VirtualServer | Kind::VirtualServerRoute => Self::Routing(Box::new(Routing::read_virtual_server(id, raw))),
        }
    }

    /// Which object was read.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::ConfigMap(model) => &model.id,
            Self::IngressClass(model) => &model.id,
            Self::Namespace(model) => &model.id,
            Self::Routing(model) => &model.id,
            Self::Service(model) => &model.id,
            Self::Workload(model) => &model.id,
        }
    }
}
