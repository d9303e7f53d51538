//! The Gateways of Google Kubernetes Engine, of the classes whose balancers are made of Envoys: the classic one answers 502 where a backend is
//! too slow or there is none. All classes have one controller. Sources: Google's pages on the policies of GKE Gateways and on the timeouts of its
//! Application Load Balancers; `kubernetes/ingress-gce` for what the balancer does with a backend.
//!
//! The balancer is no pod of the cluster.

use super::{Implementation, REFUSED_502, UNTOLD};
use crate::model::{Answers, Site};
use crate::units::Duration;

pub(in crate::dialect) const GKE: Implementation = Implementation {
    id: "gke-gateway",
    name: "the GKE Gateway",
    controllers: &["networking.gke.io/gateway"],
    answers: Answers { unreachable: 502, ..REFUSED_502 },
    request: Some(Duration::from_secs(30)),
    upstream_idle: Some(Duration::from_secs(600)),
    site: Site::Cloud,
    policies: "a GCPBackendPolicy",
    ..UNTOLD
};
