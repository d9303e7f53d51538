//! Traefik. Sources: `pkg/provider/kubernetes/gateway`, `pkg/server/service/transport.go`, `pkg/proxy/httputil/proxy.go`.
//!
//! To a port 443, or one whose name begins with https, it speaks HTTPS.

use super::{Again, Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(in crate::dialect) const TRAEFIK: Implementation = Implementation {
    id: "traefik",
    name: "Traefik",
    controllers: &["traefik.io/gateway-controller"],
    answers: Answers {
        refused: 502,
        unreachable: 504,
        no_endpoint: 503,
        invalid_backend: 500,
        too_slow: 504,
        wrong_protocol: 502,
    },
    timeouts: Timeouts::Unused,
    retry: Retry::Unused,
    unasked: Some(Again::NEVER),
    request: Some(Duration::ZERO),
    connect: Some(Duration::from_secs(30)),
    silence: None,
    upstream_idle: Some(Duration::from_secs(90)),
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: None,
    reads_app_protocol: Some(true),
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cluster,
    policies: "its static configuration or a Middleware",
    pod_labels: &[("app.kubernetes.io/name", "traefik")],
};
