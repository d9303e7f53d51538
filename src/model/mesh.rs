//! What a pod says of the proxy that Istio puts into it, which no container of the workload shows.

use serde_json::Value;

use super::json::text;
use super::selector::Labels;
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

/// What a pod says of the proxy that Istio puts into it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Mesh {
    /// Whether it wants the proxy; `None` where it leaves that to its namespace.
    pub wants: Option<bool>,
    /// Whether the proxy is a native sidecar; `None` where it leaves that to Istio.
    pub is_native: Option<bool>,
    /// How long the proxy goes on.
    pub drain: ProxyDrain,
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
        }
    }

    /// Whether Istio puts its proxy into the pods, in a namespace with these labels.
    #[must_use]
    pub fn is_injected(&self, namespace: Option<&Labels>) -> bool {
        let label = |key| namespace.and_then(|labels| labels.get(key));
        match (label("istio-injection"), label("istio.io/rev")) {
            (Some("disabled"), _) => false,
            (Some("enabled"), _) | (_, Some(_)) => self.wants != Some(false),
            _ => self.wants == Some(true),
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
