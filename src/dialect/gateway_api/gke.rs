//! The Gateways of Google Kubernetes Engine, of all its classes. Sources: Google's pages on the policies of GKE Gateways and on the timeouts of its
//! Application Load Balancers; `kubernetes/ingress-gce` for what the balancer does with a backend.
//!
//! The balancer is no pod of the cluster.

use super::{Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(in crate::dialect) const GKE: Implementation = Implementation {
    id: "gke-gateway",
    name: "the GKE Gateway",
    controllers: &["networking.gke.io/gateway"],
    answers: Answers {
        refused: 502,
        unreachable: 502,
        no_endpoint: 503,
        invalid_backend: 500,
        too_slow: 504,
        wrong_protocol: 502,
    },
    timeouts: Timeouts::Unused,
    retry: Retry::Unused,
    unasked: None,
    request: Some(Duration::from_secs(30)),
    connect: None,
    silence: None,
    upstream_idle: Some(Duration::from_secs(600)),
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: None,
    reads_app_protocol: None,
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cloud,
    policies: "a GCPBackendPolicy",
    pod_labels: &[],
};
