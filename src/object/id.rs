//! Which object: its kind, namespace and name.

use std::fmt;
use std::sync::Arc;

/// The kinds that no502 reads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// `policy.networking.k8s.io/v1alpha1` `AdminNetworkPolicy`: of which only the presence counts.
    AdminNetworkPolicy,
    /// `gateway.networking.k8s.io/v1` `BackendTLSPolicy`.
    BackendTlsPolicy,
    /// `crd.projectcalico.org/v1` `GlobalNetworkPolicy` of Calico, of which only the presence counts.
    CalicoGlobalNetworkPolicy,
    /// `crd.projectcalico.org/v1` `NetworkPolicy` of Calico, of which only the presence counts.
    CalicoNetworkPolicy,
    /// `cilium.io/v2` `CiliumClusterwideNetworkPolicy`, of which only the presence counts.
    CiliumClusterwideNetworkPolicy,
    /// `cilium.io/v2` `CiliumNetworkPolicy`, of which only the presence counts.
    CiliumNetworkPolicy,
    /// `v1` `ConfigMap`: the global settings of a gateway.
    ConfigMap,
    /// `apps/v1` `DaemonSet`.
    DaemonSet,
    /// `apps/v1` `Deployment`.
    Deployment,
    /// `discovery.k8s.io/v1` `EndpointSlice`.
    EndpointSlice,
    /// `gateway.networking.k8s.io/v1` `Gateway`.
    Gateway,
    /// `gateway.networking.k8s.io/v1` `GatewayClass`.
    GatewayClass,
    /// `gateway.networking.k8s.io/v1` `GRPCRoute`.
    GrpcRoute,
    /// `autoscaling/v2` `HorizontalPodAutoscaler`.
    HorizontalPodAutoscaler,
    /// `gateway.networking.k8s.io/v1` `HTTPRoute`.
    HttpRoute,
    /// `networking.k8s.io/v1` `Ingress`.
    Ingress,
    /// `networking.k8s.io/v1` `IngressClass`.
    IngressClass,
    /// `v1` `LimitRange`: what containers get that ask for nothing.
    LimitRange,
    /// `gateway.networking.k8s.io/v1` `ListenerSet`.
    ListenerSet,
    /// `v1` `Namespace`.
    Namespace,
    /// `networking.k8s.io/v1` `NetworkPolicy`.
    NetworkPolicy,
    /// `security.istio.io/v1` `PeerAuthentication`: whether pods of a mesh take plain text.
    PeerAuthentication,
    /// `v1` `Pod`.
    Pod,
    /// `policy/v1` `PodDisruptionBudget`.
    PodDisruptionBudget,
    /// `gateway.networking.k8s.io/v1` `ReferenceGrant`.
    ReferenceGrant,
    /// `apps/v1` `ReplicaSet`.
    ReplicaSet,
    /// `argoproj.io/v1alpha1` `Rollout`.
    Rollout,
    /// `keda.sh/v1alpha1` `ScaledObject`.
    ScaledObject,
    /// `v1` `Service`.
    Service,
    /// `apps/v1` `StatefulSet`.
    StatefulSet,
    /// `gateway.networking.k8s.io/v1` `TLSRoute`.
    TlsRoute,
    /// `autoscaling.k8s.io/v1` `VerticalPodAutoscaler`.
    VerticalPodAutoscaler,
    /// `k8s.nginx.org/v1` `VirtualServer`.
    VirtualServer,
    /// `k8s.nginx.org/v1` `VirtualServerRoute`.
    VirtualServerRoute,
}

/// What the API server calls a kind.
struct Row {
    kind: Kind,
    name: &'static str,
    /// The group and the version that is asked for first.
    api: &'static str,
    plural: &'static str,
    namespaced: bool,
    /// Older versions that a server may have alone, each where the one before it is not served.
    older: &'static [&'static str],
    /// Other groups under which the kind is still met.
    retired: &'static [&'static str],
}

/// A kind that lives in a namespace and was always in this group and version.
const fn row(kind: Kind, name: &'static str, api: &'static str, plural: &'static str) -> Row {
    Row { kind, name, api, plural, namespaced: true, older: &[], retired: &[] }
}

impl Row {
    const fn cluster_wide(self) -> Self {
        Self { namespaced: false, ..self }
    }

    const fn older(self, older: &'static [&'static str]) -> Self {
        Self { older, ..self }
    }

    const fn retired(self, retired: &'static [&'static str]) -> Self {
        Self { retired, ..self }
    }

    fn group(&self) -> &'static str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }
}

const ROWS: &[Row] = &[
    row(Kind::AdminNetworkPolicy, "AdminNetworkPolicy", "policy.networking.k8s.io/v1alpha1", "adminnetworkpolicies")
        .cluster_wide(),
    row(Kind::BackendTlsPolicy, "BackendTLSPolicy", "gateway.networking.k8s.io/v1", "backendtlspolicies").older(&["v1alpha3"]),
    row(Kind::CalicoGlobalNetworkPolicy, "GlobalNetworkPolicy", "crd.projectcalico.org/v1", "globalnetworkpolicies")
        .cluster_wide()
        .retired(&["projectcalico.org"]),
    row(Kind::CalicoNetworkPolicy, "NetworkPolicy", "crd.projectcalico.org/v1", "networkpolicies")
        .retired(&["projectcalico.org"]),
    row(
        Kind::CiliumClusterwideNetworkPolicy,
        "CiliumClusterwideNetworkPolicy",
        "cilium.io/v2",
        "ciliumclusterwidenetworkpolicies",
    )
    .cluster_wide(),
    row(Kind::CiliumNetworkPolicy, "CiliumNetworkPolicy", "cilium.io/v2", "ciliumnetworkpolicies"),
    row(Kind::ConfigMap, "ConfigMap", "v1", "configmaps"),
    row(Kind::DaemonSet, "DaemonSet", "apps/v1", "daemonsets").retired(&["extensions"]),
    row(Kind::Deployment, "Deployment", "apps/v1", "deployments").retired(&["extensions"]),
    row(Kind::EndpointSlice, "EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
    row(Kind::Gateway, "Gateway", "gateway.networking.k8s.io/v1", "gateways").older(&["v1beta1"]),
    row(Kind::GatewayClass, "GatewayClass", "gateway.networking.k8s.io/v1", "gatewayclasses").cluster_wide().older(&["v1beta1"]),
    row(Kind::GrpcRoute, "GRPCRoute", "gateway.networking.k8s.io/v1", "grpcroutes").older(&["v1alpha2"]),
    row(Kind::HorizontalPodAutoscaler, "HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers"),
    row(Kind::HttpRoute, "HTTPRoute", "gateway.networking.k8s.io/v1", "httproutes").older(&["v1beta1"]),
    row(Kind::Ingress, "Ingress", "networking.k8s.io/v1", "ingresses").retired(&["extensions"]),
    row(Kind::IngressClass, "IngressClass", "networking.k8s.io/v1", "ingressclasses").cluster_wide(),
    row(Kind::LimitRange, "LimitRange", "v1", "limitranges"),
    row(Kind::ListenerSet, "ListenerSet", "gateway.networking.k8s.io/v1", "listenersets"),
    row(Kind::Namespace, "Namespace", "v1", "namespaces").cluster_wide(),
    row(Kind::NetworkPolicy, "NetworkPolicy", "networking.k8s.io/v1", "networkpolicies").retired(&["extensions"]),
    row(Kind::PeerAuthentication, "PeerAuthentication", "security.istio.io/v1", "peerauthentications").older(&["v1beta1"]),
    row(Kind::Pod, "Pod", "v1", "pods"),
    row(Kind::PodDisruptionBudget, "PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
    row(Kind::ReferenceGrant, "ReferenceGrant", "gateway.networking.k8s.io/v1", "referencegrants").older(&["v1beta1"]),
    row(Kind::ReplicaSet, "ReplicaSet", "apps/v1", "replicasets").retired(&["extensions"]),
    row(Kind::Rollout, "Rollout", "argoproj.io/v1alpha1", "rollouts"),
    row(Kind::ScaledObject, "ScaledObject", "keda.sh/v1alpha1", "scaledobjects"),
    row(Kind::Service, "Service", "v1", "services"),
    row(Kind::StatefulSet, "StatefulSet", "apps/v1", "statefulsets").retired(&["extensions"]),
    row(Kind::TlsRoute, "TLSRoute", "gateway.networking.k8s.io/v1", "tlsroutes").older(&["v1alpha3", "v1alpha2"]),
    row(Kind::VerticalPodAutoscaler, "VerticalPodAutoscaler", "autoscaling.k8s.io/v1", "verticalpodautoscalers")
        .older(&["v1beta2"]),
    row(Kind::VirtualServer, "VirtualServer", "k8s.nginx.org/v1", "virtualservers"),
    row(Kind::VirtualServerRoute, "VirtualServerRoute", "k8s.nginx.org/v1", "virtualserverroutes"),
];

/// What a kind without a row would be.
const NOTHING: Row = row(Kind::ConfigMap, "", "", "");

impl Kind {
    /// All kinds, in the order of their names.
    pub const ALL: [Self; 34] = [
        Self::AdminNetworkPolicy,
        Self::BackendTlsPolicy,
        Self::CalicoGlobalNetworkPolicy,
        Self::CalicoNetworkPolicy,
        Self::CiliumClusterwideNetworkPolicy,
        Self::CiliumNetworkPolicy,
        Self::ConfigMap,
        Self::DaemonSet,
        Self::Deployment,
        Self::EndpointSlice,
        Self::Gateway,
        Self::GatewayClass,
        Self::GrpcRoute,
        Self::HorizontalPodAutoscaler,
        Self::HttpRoute,
        Self::Ingress,
        Self::IngressClass,
        Self::LimitRange,
        Self::ListenerSet,
        Self::Namespace,
        Self::NetworkPolicy,
        Self::PeerAuthentication,
        Self::Pod,
        Self::PodDisruptionBudget,
        Self::ReferenceGrant,
        Self::ReplicaSet,
        Self::Rollout,
        Self::ScaledObject,
        Self::Service,
        Self::StatefulSet,
        Self::TlsRoute,
        Self::VerticalPodAutoscaler,
        Self::VirtualServer,
        Self::VirtualServerRoute,
    ];

    /// The kind with this name in this API group, whatever the version. `None` for what no502 does not read, such as
    /// the `Service` of another group.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let is_it = |row: &&Row| row.name == kind && (row.group() == group || row.retired.contains(&group));
        ROWS.iter().find(is_it).map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        // A test sees to it that every kind has its row.
        ROWS.iter().find(|row| row.kind == self).unwrap_or(&NOTHING)
    }

    /// Whether a kind of that name is read, in whatever group.
    #[must_use]
    pub fn is_read(name: &str) -> bool {
        Self::ALL.into_iter().any(|own| own.name() == name)
    }

    /// The name of the kind: `Deployment`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The API group, empty for the core group.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.row().group()
    }

    /// The group and the stable version: `apps/v1`, `v1`.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        self.row().api
    }

    /// The versions under which a server may have the kind, the one to ask for first in front.
    pub fn versions(self) -> impl Iterator<Item = &'static str> {
        let row = self.row();
        row.api.rsplit('/').take(1).chain(row.older.iter().copied())
    }

    /// The name of the resource in URLs and in RBAC: `deployments`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        self.row().plural
    }

    /// Whether objects of the kind live in a namespace.
    #[must_use]
    pub fn namespaced(self) -> bool {
        self.row().namespaced
    }

    /// Whether objects of the kind say which Service gets which requests.
    #[must_use]
    pub fn declares_routes(self) -> bool {
        matches!(
            self,
            Self::GrpcRoute | Self::HttpRoute | Self::Ingress | Self::TlsRoute | Self::VirtualServer | Self::VirtualServerRoute
        )
    }

    /// Whether objects of the kind are routes of the Gateway API, which hang on a `Gateway`.
    #[must_use]
    pub fn is_gateway_route(self) -> bool {
        matches!(self, Self::GrpcRoute | Self::HttpRoute | Self::TlsRoute)
    }

    /// Whether objects of the kind decide on the number of pods, or on what pods ask for.
    #[must_use]
    pub fn is_autoscaler(self) -> bool {
        matches!(self, Self::HorizontalPodAutoscaler | Self::ScaledObject | Self::VerticalPodAutoscaler)
    }

    /// Whether objects of the kind lead requests to pods.
    #[must_use]
    pub fn leads_to_pods(self) -> bool {
        self.declares_routes() || self == Self::Service
    }

    /// Whether the kind is there in every cluster; another one comes with the controller that reads it.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        const BUILT_IN: &[&str] = &["", "apps", "autoscaling", "discovery.k8s.io", "networking.k8s.io", "policy"];
        BUILT_IN.contains(&self.group())
    }

    /// Whether the kind makes pods, or is one.
    #[must_use]
    pub fn is_workload(self) -> bool {
        matches!(self, Self::DaemonSet | Self::Deployment | Self::Pod | Self::ReplicaSet | Self::Rollout | Self::StatefulSet)
    }

    /// Whether people write objects of the kind, so that they are asked about when they change. Others are made by
    /// controllers, and the cluster must go on making them whatever happens here. Policies of other engines only raise doubts.
    #[must_use]
    pub fn is_written(self) -> bool {
        !matches!(self, Self::EndpointSlice | Self::Pod | Self::ReplicaSet) && !self.is_foreign_policy()
    }

    /// Whether the kind is that of another engine of network policies, whose verdicts are its own.
    #[must_use]
    pub fn is_foreign_policy(self) -> bool {
        matches!(
            self,
            Self::AdminNetworkPolicy
                | Self::CalicoGlobalNetworkPolicy
                | Self::CalicoNetworkPolicy
                | Self::CiliumClusterwideNetworkPolicy
                | Self::CiliumNetworkPolicy
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which object. Cheap to clone.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ObjectId {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for kinds that live in none.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl ObjectId {
    /// The object of this kind, namespace and name.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

/// `Deployment shop/web`, `IngressClass nginx`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row() {
        for kind in Kind::ALL {
            assert_eq!(kind.row().kind, kind);
            assert_eq!(Kind::of(kind.api_version(), kind.name()), Some(kind));
        }
    }

    #[test]
    fn the_group_decides_not_the_name_alone() {
        assert_eq!(Kind::of("serving.knative.dev/v1", "Service"), None);
        assert_eq!(Kind::of("extensions/v1beta1", "Deployment"), Some(Kind::Deployment));
        assert_eq!(Kind::of("networking.k8s.io/v1beta1", "Ingress"), Some(Kind::Ingress));
        assert_eq!(Kind::of("v1", "Deployment"), None);
        assert_eq!(Kind::of("networking.k8s.io/v1", "NetworkPolicy"), Some(Kind::NetworkPolicy));
        assert_eq!(Kind::of("projectcalico.org/v3", "NetworkPolicy"), Some(Kind::CalicoNetworkPolicy));
        assert_eq!(Kind::of("networking.istio.io/v1", "Gateway"), None);
    }
}
