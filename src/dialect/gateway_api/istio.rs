//! Istio as a gateway. Sources: `pilot/pkg/config/kube/gateway/conversion.go`, `pilot/pkg/networking/core/route/retry/retry.go`.
//!
//! What it speaks to a port follows from the port's name, too. Its gateways may be set up by hand, so their labels are not known.

use super::envoy::{ENVOY, FAILURES};
use super::{Implementation, Retry};
use crate::units::Duration;

pub(in crate::dialect) const ISTIO: Implementation = Implementation {
    id: "istio",
    name: "Istio",
    controllers: &["istio.io/gateway-controller", "istio.io/unmanaged-gateway"],
    retry: Retry::Used(Some(FAILURES)),
    // Two more tries hold for every route, in the mesh and at its edge.
    unasked: Some(FAILURES),
    request: Some(Duration::ZERO),
    connect: Some(Duration::from_secs(10)),
    reads_app_protocol: Some(true),
    policies: "a DestinationRule or the mesh configuration",
    ..ENVOY
};
