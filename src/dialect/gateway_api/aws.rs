//! The AWS Load Balancer Controller as an implementation of the Gateway API. Sources: its own `controllers/gateway` and `pkg/gateway`; the pages
//! on the attributes and on the errors of an Application Load Balancer.
//!
//! HTTPRoutes and GRPCRoutes are served by an Application Load Balancer, which is no pod of the cluster, and whose one idle timeout is for both of its ends.

use super::{Again, Implementation, UNTOLD};
use crate::model::Site;
use crate::units::Duration;

pub(in crate::dialect) const AWS: Implementation = Implementation {
    id: "aws-load-balancer-controller",
    name: "the AWS Load Balancer Controller",
    controllers: &["gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"],
    unasked: Some(Again::NEVER),
    connect: Some(Duration::from_secs(10)),
    silence: Some(Duration::from_secs(60)),
    upstream_idle: Some(Duration::from_secs(60)),
    site: Site::Cloud,
    policies: "a LoadBalancerConfiguration",
    ..UNTOLD
};
