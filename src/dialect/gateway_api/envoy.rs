//! What all have in common that send requests with Envoy.
//!
//! Sources: `envoyproxy/envoy`, `source/common/router/retry_state_impl.cc`; the documentation of route and cluster. A try that takes too
//! long is tried again on `reset`, `5xx` and `gateway-error` only, and those that follow the Gateway API ask for none of them.

use super::{Again, Implementation, REFUSED_502, Retry, Timeouts, UNTOLD};
use crate::model::Answers;
use crate::units::Duration;

pub(super) const ENVOY: Implementation = Implementation {
    answers: Answers { refused: 503, unreachable: 503, ..REFUSED_502 },
    timeouts: Timeouts::Both,
    retry: Retry::Used(None),
    // Envoy's own default for a route.
    request: Some(Duration::from_secs(15)),
    upstream_idle: Some(Duration::from_secs(3600)),
    ..UNTOLD
};

/// On which failures `retry` of a rule asks for another try.
pub(super) const FAILURES: Again =
    Again { tries: 3, conditions: "connect-failure refused-stream unavailable cancelled", codes: &[] };
