//! Kong. Sources: `internal/dataplane/translator` and `internal/annotations` of `Kong/kubernetes-ingress-controller`.

use super::{Implementation, Timeouts};
use crate::model::Answers;
use crate::units::Duration;

pub(in crate::dialect) const KONG: Implementation = Implementation {
    id: "kong",
    name: "Kong",
    controllers: &["konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"],
    answers: Answers { refused: 502, no_endpoint: 503, invalid_backend: 500, too_slow: 504, wrong_protocol: 502 },
    timeouts: Timeouts::BackendOnly,
    has_retry: false,
    // Annotations of the Service may say otherwise.
    tries: Some(6),
    request: None,
    upstream_idle: Some(Duration::from_secs(60)),
    connect: Some(Duration::from_secs(60)),
    routes_external_names: Some(true),
    reads_app_protocol: Some(false),
    pod_labels: &[("app.kubernetes.io/name", "kong")],
};
