//! Envoy Gateway. Sources: `internal/gatewayapi/route.go`, `internal/xds/translator/route.go` and `cluster.go`,
//! `internal/infrastructure/kubernetes/proxy/resource.go`.

use super::envoy::{ENVOY, FAILURES};
use super::{Again, Implementation, Retry};
use crate::units::Duration;

pub(in crate::dialect) const ENVOY_GATEWAY: Implementation = Implementation {
    id: "envoy-gateway",
    name: "Envoy Gateway",
    controllers: &["gateway.envoyproxy.io/gatewayclass-controller"],
    retry: Retry::Used(Some(Again { codes: &["503"], ..FAILURES })),
    unasked: Some(Again::NEVER),
    connect: Some(Duration::from_secs(10)),
    // `isServiceExternalName` in `internal/gatewayapi/route.go`: it has neither an address nor EndpointSlices.
    routes_external_names: Some(false),
    zero_lifts: true,
    has_plain_protocol: true,
    reads_app_protocol: Some(true),
    // `serviceAppProtocolToIRAppProtocol` knows HTTP/2 only: TLS takes a BackendTLSPolicy.
    tls_words: Some(&[]),
    is_experimental: true,
    policies: "a BackendTrafficPolicy",
    pod_labels: &[("app.kubernetes.io/managed-by", "envoy-gateway"), ("app.kubernetes.io/component", "proxy")],
    ..ENVOY
};
