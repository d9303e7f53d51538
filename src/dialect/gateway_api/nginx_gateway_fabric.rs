//! NGINX Gateway Fabric. Sources: `internal/controller/nginx/config/{servers_template,upstreams,upstreams_template}.go`, the conformance
//! report of `kubernetes-sigs/gateway-api`; NGINX's own defaults, which its templates leave alone.
//!
//! Its pods are named after their Gateway, and no label is the same on all of them.

use super::{Again, Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(in crate::dialect) const NGINX_GATEWAY_FABRIC: Implementation = Implementation {
    id: "nginx-gateway-fabric",
    name: "NGINX Gateway Fabric",
    controllers: &["gateway.nginx.org/nginx-gateway-controller"],
    answers: Answers {
        refused: 502,
        unreachable: 504,
        no_endpoint: 503,
        invalid_backend: 500,
        too_slow: 504,
        wrong_protocol: 502,
    },
    timeouts: Timeouts::Unused,
    retry: Retry::Unused,
    unasked: Some(Again { tries: 0, conditions: "error timeout", codes: &[] }),
    request: None,
    connect: Some(Duration::from_secs(60)),
    silence: Some(Duration::from_secs(60)),
    // Whether connections are kept where no UpstreamSettingsPolicy says so depends on the version of NGINX.
    upstream_idle: None,
    zero_lifts: false,
    has_plain_protocol: true,
    routes_external_names: None,
    reads_app_protocol: Some(true),
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cluster,
    policies: "a ProxySettingsPolicy",
    pod_labels: &[],
};
