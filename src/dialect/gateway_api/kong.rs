//! Kong. Sources: `internal/dataplane/translator` and `internal/annotations` of `Kong/kubernetes-ingress-controller`.
//!
//! One limit of time holds for all rules of an HTTPRoute (`applyTimeoutsToService`), and of zero it makes a Service that Kong does not
//! take. Its charts and its operator label its pods in different ways.

use super::{Again, Implementation, Timeouts, UNTOLD};
use crate::model::BadBackend;
use crate::units::Duration;

pub(in crate::dialect) const KONG: Implementation = Implementation {
    id: "kong",
    name: "Kong",
    controllers: &["konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"],
    timeouts: Timeouts::BackendOnly,
    unasked: Some(Again { tries: 6, conditions: "error timeout non_idempotent", codes: &[] }),
    connect: Some(Duration::from_secs(60)),
    silence: Some(Duration::from_secs(60)),
    upstream_idle: Some(Duration::from_secs(60)),
    routes_external_names: Some(true),
    reads_app_protocol: Some(false),
    bad_backend: BadBackend::LeftOut,
    answering_key: Some("konghq.com/plugins"),
    policies: "an annotation of the Service",
    ..UNTOLD
};
