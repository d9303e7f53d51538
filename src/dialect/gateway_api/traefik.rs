//! Traefik. Sources: `pkg/provider/kubernetes/gateway`, `pkg/server/service/transport.go`, `pkg/proxy/httputil/proxy.go`.
//!
//! To a port 443, or one whose name begins with https, it speaks HTTPS.

use super::{Again, Implementation, UNTOLD};
use crate::units::Duration;

pub(in crate::dialect) const TRAEFIK: Implementation = Implementation {
    id: "traefik",
    name: "Traefik",
    controllers: &["traefik.io/gateway-controller"],
    unasked: Some(Again::NEVER),
    request: Some(Duration::ZERO),
    connect: Some(Duration::from_secs(30)),
    upstream_idle: Some(Duration::from_secs(90)),
    reads_app_protocol: Some(true),
    tls_words: Some(&["https", "kubernetes.io/wss"]),
    policies: "its static configuration or a Middleware",
    pod_labels: &[("app.kubernetes.io/name", "traefik")],
    ..UNTOLD
};
