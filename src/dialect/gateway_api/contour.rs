//! Contour. Sources: `internal/dag/gatewayapi_processor.go`, `internal/timeout/timeout.go`, `internal/contourconfig`.
//!
//! Its Envoys carry other labels when its provisioner made them than when its manifests did.

use super::envoy::ENVOY;
use super::{Again, Implementation, Retry};
use crate::units::Duration;

pub(in crate::dialect) const CONTOUR: Implementation = Implementation {
    id: "contour",
    name: "Contour",
    controllers: &["projectcontour.io/gateway-controller"],
    retry: Retry::Unused,
    unasked: Some(Again::NEVER),
    connect: Some(Duration::from_secs(2)),
    zero_lifts: true,
    reads_app_protocol: Some(true),
    tls_words: Some(&["https"]),
    policies: "its ContourConfiguration",
    ..ENVOY
};
