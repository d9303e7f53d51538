//! Which object: its kind, namespace and name.

use std::fmt;
use std::sync::Arc;

/// The kinds that no502 reads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// `v1` `ConfigMap`: the global settings of a gateway.
    ConfigMap,
    /// `apps/v1` `DaemonSet`.
    DaemonSet,
    /// `apps/v1` `Deployment`.
    Deployment,
    /// `networking.k8s.io/v1` `Ingress`.
    Ingress,
    /// `networking.k8s.io/v1` `IngressClass`.
    IngressClass,
    /// `v1` `Namespace`.
    Namespace,
    /// `v1` `Service`.
    Service,
    /// `apps/v1` `StatefulSet`.
    StatefulSet,
    /// `k8s.nginx.org/v1` `VirtualServer`.
    VirtualServer,
    /// `k8s.nginx.org/v1` `VirtualServerRoute`.
    VirtualServerRoute,
}

/// What the API server calls a kind.
struct Row {
    kind: Kind,
    name: &'static str,
    group: &'static str,
    plural: &'static str,
    namespaced: bool,
    /// Removed versions of other groups that are still met in files.
    retired: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row { kind: Kind::ConfigMap, name: "ConfigMap", group: "", plural: "configmaps", namespaced: true, retired: &[] },
    Row {
        kind: Kind::DaemonSet,
        name: "DaemonSet",
        group: "apps",
        plural: "daemonsets",
        namespaced: true,
        retired: &["extensions"],
    },
    Row {
        kind: Kind::Deployment,
        name: "Deployment",
        group: "apps",
        plural: "deployments",
        namespaced: true,
        retired: &["extensions"],
    },
    Row {
        kind: Kind::Ingress,
        name: "Ingress",
        group: "networking.k8s.io",
        plural: "ingresses",
        namespaced: true,
        retired: &["extensions"],
    },
    Row {
        kind: Kind::IngressClass,
        name: "IngressClass",
        group: "networking.k8s.io",
        plural: "ingressclasses",
        namespaced: false,
        retired: &[],
    },
    Row { kind: Kind::Namespace, name: "Namespace", group: "", plural: "namespaces", namespaced: false, retired: &[] },
    Row { kind: Kind::Service, name: "Service", group: "", plural: "services", namespaced: true, retired: &[] },
    Row { kind: Kind::StatefulSet, name: "StatefulSet", group: "apps", plural: "statefulsets", namespaced: true, retired: &[] },
    Row {
        kind: Kind::VirtualServer,
        name: "VirtualServer",
        group: "k8s.nginx.org",
        plural: "virtualservers",
        namespaced: true,
        retired: &[],
    },
    Row {
        kind: Kind::VirtualServerRoute,
        name: "VirtualServerRoute",
        group: "k8s.nginx.org",
        plural: "virtualserverroutes",
        namespaced: true,
        retired: &[],
    },
];

/// What a kind without a row would be.
const NOTHING: Row = Row { kind: Kind::ConfigMap, name: "", group: "", plural: "", namespaced: false, retired: &[] };

impl Kind {
    /// All kinds, in the order of their names.
    pub const ALL: [Self; 10] = [
        Self::ConfigMap,
        Self::DaemonSet,
        Self::Deployment,
        Self::Ingress,
        Self::IngressClass,
        Self::Namespace,
        Self::Service,
        Self::StatefulSet,
        Self::VirtualServer,
        Self::VirtualServerRoute,
    ];

    /// The kind with this name in this API group, whatever the version. `None` for what no502 does not read, such as
    /// the `Service` of another group.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let row = ROWS.iter().find(|row| row.name == kind)?;
        (row.group == group || row.retired.contains(&group)).then_some(row.kind)
    }

    fn row(self) -> &'static Row {
        // A test sees to it that every kind has its row.
        ROWS.iter().find(|row| row.kind == self).unwrap_or(&NOTHING)
    }

    /// The name of the kind: `Deployment`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The API group, empty for the core group.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.row().group
    }

    /// The group and the stable version: `apps/v1`, `v1`.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        match self.group() {
            "apps" => "apps/v1",
            "k8s.nginx.org" => "k8s.nginx.org/v1",
            "networking.k8s.io" => "networking.k8s.io/v1",
            _ => "v1",
        }
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
        matches!(self, Self::Ingress | Self::VirtualServer | Self::VirtualServerRoute)
    }

    /// Whether the kind is there in every cluster; another one comes with the controller that reads it.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        !matches!(self, Self::VirtualServer | Self::VirtualServerRoute)
    }

    /// Whether the kind is a controller of pods.
    #[must_use]
    pub fn is_workload(self) -> bool {
        matches!(self, Self::DaemonSet | Self::Deployment | Self::StatefulSet)
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
    }
}
