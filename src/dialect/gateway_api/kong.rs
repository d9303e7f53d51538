//! Kong. Sources: `internal/dataplane/translator` and `internal/annotations` of `Kong/kubernetes-ingress-controller`.
//!
//! Its charts and its operator label its pods in different ways.

use super::{Again, Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(in crate::dialect) const KONG: Implementation = Implementation {
    id: "kong",
    name: "Kong",
    controllers: &["konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"],
    answers: Answers {
        refused: 502,
        unreachable: 504,
        no_endpoint: 503,
        invalid_backend: 500,
        too_slow: 504,
        wrong_protocol: 502,
    },
    timeouts: Timeouts::BackendOnly,
    retry: Retry::Unused,
    unasked: Some(Again { tries: 6, conditions: "error timeout non_idempotent", codes: &[] }),
    request: None,
    connect: Some(Duration::from_secs(60)),
    silence: Some(Duration::from_secs(60)),
    upstream_idle: Some(Duration::from_secs(60)),
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: Some(true),
    reads_app_protocol: Some(false),
    is_experimental: false,
    bad_backend: BadBackend::LeftOut,
    answering_key: Some("konghq.com/plugins"),
    site: Site::Cluster,
    policies: "an annotation of the Service",
    pod_labels: &[],
};
