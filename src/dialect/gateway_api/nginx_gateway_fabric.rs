//! NGINX Gateway Fabric. Sources: `internal/controller/nginx/config/{servers_template,upstreams,upstreams_template}.go`, the conformance
//! report of `kubernetes-sigs/gateway-api`; NGINX's own defaults, which its templates leave alone.
//!
//! Its pods are named after their Gateway, and no label is the same on all of them.

use super::{Again, Implementation, UNTOLD};
use crate::units::Duration;

pub(in crate::dialect) const NGINX_GATEWAY_FABRIC: Implementation = Implementation {
    id: "nginx-gateway-fabric",
    name: "NGINX Gateway Fabric",
    controllers: &["gateway.nginx.org/nginx-gateway-controller"],
    unasked: Some(Again { tries: 0, conditions: "error timeout", codes: &[] }),
    connect: Some(Duration::from_secs(60)),
    silence: Some(Duration::from_secs(60)),
    // Whether idle connections are kept where no UpstreamSettingsPolicy says so depends on the version of NGINX.
    has_plain_protocol: true,
    reads_app_protocol: Some(true),
    policies: "a ProxySettingsPolicy",
    ..UNTOLD
};
