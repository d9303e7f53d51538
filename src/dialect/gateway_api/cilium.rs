//! Cilium. Sources: `operator/pkg/model/translation`, the flags of the operator and of the agent, and the conformance report of 1.20.
//!
//! It speaks to a backend what the client speaks, and asks for `appProtocol` only with a flag.

use super::Implementation;
use super::envoy::ENVOY;
use crate::units::Duration;

pub(in crate::dialect) const CILIUM: Implementation = Implementation {
    id: "cilium",
    name: "Cilium",
    controllers: &["io.cilium/gateway-controller"],
    connect: Some(Duration::from_secs(2)),
    // Not the hour of the others: `--proxy-idle-timeout-seconds`.
    upstream_idle: Some(Duration::from_secs(60)),
    policies: "a flag of Cilium",
    ..ENVOY
};
