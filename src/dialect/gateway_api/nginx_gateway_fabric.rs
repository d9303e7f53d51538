//! NGINX Gateway Fabric. Source: the conformance report of `kubernetes-sigs/gateway-api`; NGINX's own defaults.

use super::{Implementation, Timeouts};
use crate::model::Answers;
use crate::units::Duration;

pub(in crate::dialect) const NGINX_GATEWAY_FABRIC: Implementation = Implementation {
    id: "nginx-gateway-fabric",
    name: "NGINX Gateway Fabric",
    controllers: &["gateway.nginx.org/nginx-gateway-controller"],
    answers: Answers { refused: 502, no_endpoint: 503, invalid_backend: 500, too_slow: 504, wrong_protocol: 502 },
    timeouts: Timeouts::Unused,
    has_retry: false,
    tries: None,
    request: None,
    upstream_idle: None,
    connect: Some(Duration::from_secs(60)),
    // Since 2.2 where its NginxProxy names a resolver.
    routes_external_names: None,
    reads_app_protocol: Some(true),
    pod_labels: &[],
};
