//! Floor 2: what traffic will really meet, in words that no gateway owns.
//!
//! The standard fields of Kubernetes objects are read here, whatever the gateway. What a gateway's own annotations add
//! is laid over it by a dialect. Deliberately absent: everything that has no bearing on how requests are answered.

mod allow;
mod call;
mod class;
mod container;
mod declared;
mod gateway;
mod gateway_object;
mod gateway_route;
mod health_check;
mod hook;
mod json;
mod listening;
mod lists;
mod matching;
mod mesh;
mod namespace;
mod network_policy;
mod note;
mod peer_authentication;
mod probe;
mod process;
mod proxy;
mod registration;
mod resources;
mod route;
mod routing;
mod scaling;
mod section;
mod selector;
mod service;
mod setting;
mod version;
mod virtual_server;
mod workload;

pub use allow::Allow;
pub use call::{Call, Called};
pub use class::IngressClass;
pub use container::{Container, ContainerField, ContainerPort};
pub use declared::Declared;
pub use gateway::{
    Answers, BadBackend, Conditions, Gateway, Global, Part, Permission, Protocol, RouteSettings, Site, Verification,
};
pub use gateway_object::{BackendTlsPolicy, From, GatewayClass, Grant, Listener, Listeners, Narrowed};
pub use gateway_route::{ParentRef, PathRewrite, RouteMatch, RouteRule};
pub use health_check::{HealthCheck, Saying, Spoken};
pub use hook::Hook;
pub use listening::{Listening, Said};
pub use lists::{ServiceList, ServiceLists};
pub use matching::{Matching, Pattern, Reach, Tried, looks_like_expression};
pub use mesh::{MESH_LABELS, Membership, Mesh, ProxyDrain};
pub use namespace::{ConfigMap, Namespace};
pub use network_policy::{NetworkPolicy, Peer, PolicyPort, PolicyRule};
pub use note::{About, Note, NoteKind, Rejection};
pub use peer_authentication::{Mtls, PeerAuthentication};
pub use probe::{Handler, Port, Probe};
pub use process::Process;
pub use proxy::Proxy;
pub use registration::READINESS_GATES;
pub use resources::{Bounds, LimitRange, Resources};
pub use route::{Backend, BackendField, BackendPort, List, PathType, Place, Route};
pub use routing::{ClassName, Routing};
pub use scaling::{Autoscaler, DisruptionBudget, Endpoints};
pub use section::Section;
pub use selector::{Known, Labels, Selector, is_laid_on};
pub use service::{Exposure, Service, ServicePort, ServiceReach};
pub use setting::{Provenance, Setting, Write, Writing};
pub use version::Version;
pub use workload::{Amount, Maker, PodNetwork, ReplicasBy, Rollout, Workload};

use crate::object::{Kind, Object, ObjectId};

/// One object, read.
#[derive(Clone, Debug)]
pub enum Model {
    /// What scales a workload.
    Autoscaler(Box<Autoscaler>),
    /// TLS to a backend.
    BackendTlsPolicy(Box<BackendTlsPolicy>),
    /// The global settings of a gateway.
    ConfigMap(ConfigMap),
    /// What guards pods against being evicted.
    DisruptionBudget(Box<DisruptionBudget>),
    /// The endpoints of a Service.
    Endpoints(Endpoints),
    /// A policy of another engine, of which only the presence counts.
    ForeignPolicy(ObjectId),
    /// Which controller serves a class of the Gateway API.
    GatewayClass(GatewayClass),
    /// Who may refer to objects of a namespace.
    Grant(Grant),
    /// Which controller serves a class.
    IngressClass(IngressClass),
    /// What containers get that ask for nothing.
    LimitRange(LimitRange),
    /// What a `Gateway` opens to routes.
    Listeners(Box<Listeners>),
    /// Labels that choose profiles.
    Namespace(Namespace),
    /// Which pods talk to which.
    NetworkPolicy(Box<NetworkPolicy>),
    /// Whether pods of a mesh take plain text.
    PeerAuthentication(Box<PeerAuthentication>),
    /// The routes of one object.
    Routing(Box<Routing>),
    /// A Service.
    Service(Box<Service>),
    /// A controller of pods, or a pod of its own.
    Workload(Box<Workload>),
}

impl Model {
    /// Reads an object. Reading never fails: what cannot be understood is unknown or absent.
    #[must_use]
    pub fn read(object: &Object) -> Self {
        let (id, raw) = (&object.id, &object.raw);
        match id.kind {
            Kind::AdminNetworkPolicy
            | Kind::CalicoGlobalNetworkPolicy
            | Kind::CalicoNetworkPolicy
            | Kind::CiliumClusterwideNetworkPolicy
            | Kind::CiliumNetworkPolicy => Self::ForeignPolicy(id.clone()),
            Kind::BackendTlsPolicy => Self::BackendTlsPolicy(Box::new(BackendTlsPolicy::read(id, raw))),
            Kind::ConfigMap => Self::ConfigMap(ConfigMap::read(id, raw)),
            Kind::DaemonSet | Kind::Deployment | Kind::Pod | Kind::ReplicaSet | Kind::Rollout | Kind::StatefulSet => {
                Self::Workload(Box::new(Workload::read(id, raw)))
            }
            Kind::EndpointSlice => Self::Endpoints(Endpoints::read(id, raw)),
            Kind::Gateway | Kind::ListenerSet => Self::Listeners(Box::new(Listeners::read(id, raw))),
            Kind::GatewayClass => Self::GatewayClass(GatewayClass::read(id, raw)),
            Kind::GrpcRoute | Kind::HttpRoute | Kind::TlsRoute => Self::Routing(Box::new(Routing::read_gateway_route(id, raw))),
            Kind::HorizontalPodAutoscaler | Kind::ScaledObject | Kind::VerticalPodAutoscaler => {
                Self::Autoscaler(Box::new(Autoscaler::read(id, raw)))
            }
            Kind::Ingress => Self::Routing(Box::new(Routing::read(id, raw))),
            Kind::IngressClass => Self::IngressClass(IngressClass::read(id, raw)),
            Kind::LimitRange => Self::LimitRange(LimitRange::read(id, raw)),
            Kind::Namespace => Self::Namespace(Namespace::read(id, raw)),
            Kind::NetworkPolicy => Self::NetworkPolicy(Box::new(NetworkPolicy::read(id, raw))),
            Kind::PeerAuthentication => Self::PeerAuthentication(Box::new(PeerAuthentication::read(id, raw))),
            Kind::PodDisruptionBudget => Self::DisruptionBudget(Box::new(DisruptionBudget::read(id, raw))),
            Kind::ReferenceGrant => Self::Grant(Grant::read(id, raw)),
            Kind::Service => Self::Service(Box::new(Service::read(id, raw))),
            Kind::VirtualServer | Kind::VirtualServerRoute => Self::Routing(Box::new(Routing::read_virtual_server(id, raw))),
        }
    }

    /// Which object was read.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Autoscaler(model) => &model.id,
            Self::BackendTlsPolicy(model) => &model.id,
            Self::ConfigMap(model) => &model.id,
            Self::DisruptionBudget(model) => &model.id,
            Self::Endpoints(model) => &model.id,
            Self::ForeignPolicy(id) => id,
            Self::GatewayClass(model) => &model.id,
            Self::Grant(model) => &model.id,
            Self::IngressClass(model) => &model.id,
            Self::LimitRange(model) => &model.id,
            Self::Listeners(model) => &model.id,
            Self::Namespace(model) => &model.id,
            Self::NetworkPolicy(model) => &model.id,
            Self::PeerAuthentication(model) => &model.id,
            Self::Routing(model) => &model.id,
            Self::Service(model) => &model.id,
            Self::Workload(model) => &model.id,
        }
    }
}
