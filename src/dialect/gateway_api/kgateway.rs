//! kgateway. Source: the conformance report of 2.4.

use super::Implementation;
use super::envoy::ENVOY;

pub(in crate::dialect) const KGATEWAY: Implementation = Implementation {
    id: "kgateway",
    name: "kgateway",
    controllers: &["kgateway.dev/kgateway"],
    request: None,
    upstream_idle: None,
    policies: "a TrafficPolicy or a BackendConfigPolicy",
    ..ENVOY
};
