//! The AWS Load Balancer Controller as an implementation of the Gateway API. Sources: its own `controllers/gateway` and `pkg/gateway`; the pages
//! on the attributes and on the errors of an Application Load Balancer.
//!
//! HTTPRoutes and GRPCRoutes are served by an Application Load Balancer, which is no pod of the cluster, and whose one idle timeout is for both of its ends.

use super::{Again, Implementation, Retry, Timeouts};
use crate::model::{Answers, BadBackend, Site};
use crate::units::Duration;

pub(in crate::dialect) const AWS: Implementation = Implementation {
    id: "aws-load-balancer-controller",
    name: "the AWS Load Balancer Controller",
    controllers: &["gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"],
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
    unasked: Some(Again::NEVER),
    request: None,
    connect: Some(Duration::from_secs(10)),
    silence: Some(Duration::from_secs(60)),
    upstream_idle: Some(Duration::from_secs(60)),
    zero_lifts: false,
    has_plain_protocol: false,
    routes_external_names: None,
    reads_app_protocol: None,
    is_experimental: false,
    bad_backend: BadBackend::Fails,
    answering_key: None,
    site: Site::Cloud,
    policies: "a LoadBalancerConfiguration",
    pod_labels: &[],
};
