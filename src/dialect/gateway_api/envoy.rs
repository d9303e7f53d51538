//! What all have in common that send requests with Envoy.
//!
//! Sources: `envoyproxy/envoy`, `source/common/router/retry_state_impl.cc`; the documentation of route and cluster. A try that takes too
//! long is tried again on `reset`, `5xx` and `gateway-error` only, and those that follow the Gateway API ask for none of them.

use super::{Again, Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(super) const ENVOY: Implementation = Implementation {
    id: "",
    name: "",
    controllers: &[],
    answers: Answers {
        refused: 503,
        unreachable: 503,
        no_endpoint: 503,
        invalid_backend: 500,
        too_slow: 504,
        wrong_protocol: 502,
    },
    timeouts: Timeouts::Both,
    retry: Retry::Used(None),
    unasked: None,
    // Envoy's own default for a route.
    request: Some(Duration::from_secs(15)),
    connect: None,
    silence: None,
    upstream_idle: Some(Duration::from_secs(3600)),
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: None,
    reads_app_protocol: None,
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cluster,
    policies: "a policy of its own",
    pod_labels: &[],
};

/// On which failures `retry` of a rule asks for another try.
pub(super) const FAILURES: Again =
    Again { tries: 3, conditions: "connect-failure refused-stream unavailable cancelled", codes: &[] };
