//! Containers that are proxies: they stand between clients and the application in the same pod.

/// Which proxy a container is, where its name or its image tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proxy {
    /// Istio's: it takes all connections of the pod, and goes on for some seconds after SIGTERM.
    Istio,
    /// Linkerd's: it takes all connections of the pod, and refuses new ones from SIGTERM on.
    Linkerd,
    /// A server that forwards to another container, where a Service leads to it.
    Front,
}

/// Names of containers, and last parts of image names, that stand for a proxy. Proxies for outgoing connections, such as
/// those to a database, are none of them: no client's request comes in through them. Sorted.
const FRONTS: &[&str] = &[
    "auth-proxy",
    "envoy",
    "envoy-distroless",
    "envoy-proxy",
    "envoy-sidecar",
    "haproxy",
    "kube-rbac-proxy",
    "nginx",
    "nginx-proxy",
    "nginx-sidecar",
    "nginx-unprivileged",
    "oauth2-proxy",
    "openresty",
    "reverse-proxy",
];

impl Proxy {
    /// The proxy that a container of this name, with this image, is.
    #[must_use]
    pub fn known_by(name: &str, image: &str) -> Option<Self> {
        match name {
            "istio-proxy" => Some(Self::Istio),
            "linkerd-proxy" => Some(Self::Linkerd),
            _ => [name, repository(image)].iter().any(|name| FRONTS.binary_search(name).is_ok()).then_some(Self::Front),
        }
    }
}

/// The last part of an image's name: `nginx` of `registry.example.com:5000/web/nginx:1.29@sha256:…`.
fn repository(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(['@', ':']).next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_whole_name_or_image() {
        assert!(FRONTS.is_sorted());
        for (name, image, proxy) in [
            ("istio-proxy", "auto", Some(Proxy::Istio)),
            ("linkerd-proxy", "ghcr.io/linkerd/proxy:2.14", Some(Proxy::Linkerd)),
            ("front", "registry.example.com:5000/web/nginx:1.29@sha256:aa", Some(Proxy::Front)),
            ("envoy", "registry.example.com/mesh/data-plane", Some(Proxy::Front)),
            ("web", "nginx/nginx-prometheus-exporter:1.4", None),
            ("web", "registry.example.com/nginx/web:1.4", None),
            ("cloud-sql-proxy", "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2", None),
        ] {
            assert_eq!(Proxy::known_by(name, image), proxy, "{name} {image}");
        }
    }
}
