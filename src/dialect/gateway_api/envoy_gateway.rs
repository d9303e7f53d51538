//! Envoy Gateway. Sources: `internal/gatewayapi/route.go`, `internal/xds/translator/route.go` and `cluster.go`.

use super::{Implementation, Timeouts};
use crate::model::Answers;
use crate::units::Duration;

pub(in crate::dialect) const ENVOY_GATEWAY: Implementation = Implementation {
    id: "envoy-gateway",
    name: "Envoy Gateway",
    controllers: &["gateway.envoyproxy.io/gatewayclass-controller"],
    answers: Answers { refused: 503, no_endpoint: 503, invalid_backend: 500, too_slow: 504, wrong_protocol: 502 },
    timeouts: Timeouts::Both,
    has_retry: true,
    // None, unless a BackendTrafficPolicy says otherwise.
    tries: Some(1),
    // Envoy's own default for a route.
    request: Some(Duration::from_secs(15)),
    upstream_idle: Some(Duration::from_secs(3600)),
    connect: Some(Duration::from_secs(10)),
    // `isServiceExternalName` in `internal/gatewayapi/route.go`: it has neither an address nor EndpointSlices.
    routes_external_names: Some(false),
    reads_app_protocol: Some(true),
    pod_labels: &[("app.kubernetes.io/managed-by", "envoy-gateway"), ("app.kubernetes.io/component", "proxy")],
};
