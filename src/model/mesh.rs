//! What a pod says of the proxy that Istio puts into it, which no container of the workload shows.

use serde_json::Value;

use super::json::text;
use super::proxy::Proxy;
use super::selector::Labels;
use super::workload::{PodNetwork, Workload};
use crate::object::{At, yaml};
use crate::units::{Duration, go};

/// How long a mesh proxy goes on after SIGTERM.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ProxyDrain {
    /// As long as the mesh says: its settings are no object that is read.
    #[default]
    Default,
    /// So long, as the pod says.
    For(Duration),
    /// Until something happens that cannot be told, such as its last connection ending.
    Unknown,
}

/// The labels of a namespace that bring its pods into a mesh, or keep them out.
pub const MESH_LABELS: [&str; 3] = [INJECTION, REVISION, DATAPLANE];
const INJECTION: &str = "istio-injection";
const REVISION: &str = "istio.io/rev";
/// Ambient: a proxy of the node, and none in the pod.
const DATAPLANE: &str = "istio.io/dataplane-mode";

/// Whether pods are in a mesh.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Membership {
    /// They are.
    Inside {
        /// Because their namespace asks for it.
        by_namespace: bool,
    },
    /// They are not.
    Outside {
        /// Because they or their namespace say so, and not because nobody says otherwise.
        is_said: bool,
    },
    /// Nobody can tell.
    Unknown,
}

/// What a pod says of the proxy that Istio puts into it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Mesh {
    /// Whether it wants the proxy; `None` where it leaves that to its namespace.
    pub wants: Option<bool>,
    /// Whether the proxy is a native sidecar; `None` where it leaves that to Istio.
    pub is_native: Option<bool>,
    /// How long the proxy goes on.
    pub drain: ProxyDrain,
    /// Whether it wants to be in a mesh without a proxy of its own; `None` where it leaves that to its namespace.
    is_ambient: Option<bool>,
    /// Whether it names a revision of the proxy itself.
    has_revision: bool,
    /// Whether some of its ports go past the proxy.
    spares_ports: bool,
}

impl Mesh {
    /// Reads the labels and annotations of a pod, and its `spec`.
    pub(super) fn read(labels: &Value, annotations: &Value, pod: &Value) -> Self {
        let config = text(annotations.at(["proxy.istio.io/config"]));
        Self {
            // It takes over the network of a pod, so it stays out of pods with the node's.
            wants: if pod.at(["hostNetwork"]).as_bool() == Some(true) { Some(false) } else { wants(labels, annotations) },
            is_native: flag(annotations.at(["sidecar.istio.io/nativeSidecar"])),
            drain: if config.is_empty() { ProxyDrain::Default } else { drain(config) },
            is_ambient: match text(labels.at([DATAPLANE])) {
                "ambient" => Some(true),
                "none" => Some(false),
                _ => None,
            },
            has_revision: labels.at([REVISION]).is_string(),
            spares_ports: !text(annotations.at([EXCLUDED])).is_empty()
                || annotations.at([INCLUDED]).as_str().is_some_and(|ports| ports != "*"),
        }
    }

    /// Whether Istio puts its proxy into the pods, in a namespace with these labels.
    #[must_use]
    pub fn is_injected(&self, namespace: Option<&Labels>) -> bool {
        let label = |key| namespace.and_then(|labels| labels.get(key));
        match (label(INJECTION), label(REVISION)) {
            (Some("disabled"), _) => false,
            (Some("enabled"), _) | (_, Some(_)) => self.wants != Some(false),
            _ => self.wants == Some(true),
        }
    }
}

/// The ports of a pod that go past its proxy.
const EXCLUDED: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
/// The ports of a pod that alone go through its proxy.
const INCLUDED: &str = "traffic.sidecar.istio.io/includeInboundPorts";

impl Workload {
    /// Whether its pods are in Istio's mesh, in a namespace with these labels.
    #[must_use]
    pub fn membership(&self, namespace: Option<&Labels>) -> Membership {
        let mesh = &self.mesh;
        let label = |key| namespace.and_then(|labels| labels.get(key));
        let is_ambient = mesh.is_ambient.unwrap_or(label(DATAPLANE) == Some("ambient")) && self.network != PodNetwork::Node;
        let by_namespace =
            label(DATAPLANE) == Some("ambient") || label(INJECTION) == Some("enabled") || label(REVISION).is_some();
        let has_proxy = self.containers.iter().any(|container| container.proxy() == Some(Proxy::Istio));
        match namespace {
            _ if mesh.spares_ports => Membership::Unknown,
            _ if has_proxy || is_ambient => Membership::Inside { by_namespace },
            None => Membership::Unknown,
            Some(_) if mesh.is_injected(namespace) => Membership::Inside { by_namespace },
            // Who asks for it in a namespace that forbids it, or names a revision, may get it in some version.
            Some(_) if mesh.wants == Some(true) || mesh.has_revision => Membership::Unknown,
            Some(_) => Membership::Outside { is_said: mesh.wants == Some(false) || label(INJECTION) == Some("disabled") },
        }
    }
}

/// What the pod says of injection. The annotation is the older form: it can refuse, but webhooks select by labels.
fn wants(labels: &Value, annotations: &Value) -> Option<bool> {
    const KEY: &str = "sidecar.istio.io/inject";
    flag(labels.at([KEY])).or_else(|| flag(annotations.at([KEY])).filter(|wants| !wants))
}

fn flag(value: &Value) -> Option<bool> {
    match text(value) {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// How long the proxy goes on by its `ProxyConfig`, a YAML text in an annotation.
fn drain(config: &str) -> ProxyDrain {
    let (documents, unreadable) = yaml::read(config);
    let Some(document) = documents.first().filter(|_| unreadable.is_empty()) else {
        return ProxyDrain::Unknown;
    };
    let environment = document.value.at(["proxyMetadata"]);
    let waits = ["EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "MINIMUM_DRAIN_DURATION"];
    if waits.iter().any(|name| !environment.at([name]).is_null()) {
        return ProxyDrain::Unknown;
    }
    match document.value.at(["terminationDrainDuration"]) {
        Value::Null => ProxyDrain::Default,
        written => go(text(written)).map_or(ProxyDrain::Unknown, ProxyDrain::For),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mesh(label: Option<&str>) -> Mesh {
        Mesh::read(&json!({"sidecar.istio.io/inject": label}), &Value::Null, &Value::Null)
    }

    #[test]
    fn namespace_and_pod_decide_on_the_proxy_together() {
        let namespace = |labels: Value| Labels::read(&labels);
        let (enabled, disabled) =
            (namespace(json!({"istio-injection": "enabled"})), namespace(json!({"istio-injection": "disabled"})));
        let revision = namespace(json!({"istio.io/rev": "stable"}));
        for (label, labels, is_injected) in [
            (None, None, false),
            (Some("true"), None, true),
            (None, Some(&enabled), true),
            (None, Some(&revision), true),
            (Some("false"), Some(&enabled), false),
            (Some("true"), Some(&disabled), false),
        ] {
            assert_eq!(mesh(label).is_injected(labels), is_injected, "{label:?} {labels:?}");
        }
        let host = Mesh::read(&Value::Null, &Value::Null, &json!({"hostNetwork": true}));
        assert!(!host.is_injected(Some(&enabled)));
    }

    #[test]
    fn the_drain_is_read_from_the_configuration_of_the_proxy() {
        let read = |config: &str| Mesh::read(&Value::Null, &json!({"proxy.istio.io/config": config}), &Value::Null).drain;
        assert_eq!(read("terminationDrainDuration: 30s\n"), ProxyDrain::For(Duration::from_secs(30)));
        assert_eq!(read("{\"holdApplicationUntilProxyStarts\": true}"), ProxyDrain::Default);
        assert_eq!(read("proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"}"), ProxyDrain::Unknown);
        assert_eq!(read("terminationDrainDuration: soon"), ProxyDrain::Unknown);
        assert_eq!(read(": ["), ProxyDrain::Unknown);
    }
}
