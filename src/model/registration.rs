//! Load balancers that send to pods by their addresses: a pod gets requests only once it is registered there.
//!
//! Source: `docs/deploy/pod_readiness_gate.md` and the annotations of Ingresses and Services in
//! `kubernetes-sigs/aws-load-balancer-controller`. Other clouds hold a pod back by themselves.

use serde_json::Value;

use super::json::text;
use super::routing::{ClassName, Routing};
use super::selector::Labels;
use super::workload::Workload;
use crate::object::{Address, At};

/// Who serves Ingresses with such a load balancer.
const CONTROLLER: &str = "ingress.k8s.aws/alb";
/// What the class of that controller is called where nobody says otherwise.
const CLASS: &str = "alb";
/// The annotation of an Ingress that makes pods its targets.
const INGRESS: &str = "alb.ingress.kubernetes.io/target-type";
/// The annotation of a Service that does.
const SERVICE: &str = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type";
/// The label of a namespace, or of pods, that has gates put into new pods.
const GATES: &str = "elbv2.k8s.aws/pod-readiness-gate-inject";

/// The label of a namespace that has readiness gates put into its new pods, as it is written.
pub const READINESS_GATES: &str = "elbv2.k8s.aws/pod-readiness-gate-inject=enabled";

/// Whether a Service with these annotations makes its pods the targets of its load balancer.
pub(super) fn by_service(annotations: &Value) -> bool {
    text(annotations.at([SERVICE])) == "ip"
}

/// Where a Service says that its pods are targets.
#[must_use]
pub fn service_address() -> Address {
    Address::Annotation(SERVICE.into())
}

impl Routing {
    /// Where the object says that the pods behind it are targets of its load balancer; `None` where it does not say it, or where
    /// another controller serves it. `controller` is that of its class, where the class is seen.
    #[must_use]
    pub fn registers_pods(&self, controller: Option<&str>) -> Option<Address> {
        if self.annotation(INGRESS) != Some("ip") {
            return None;
        }
        self.has_balancer(controller).then(|| Address::Annotation(INGRESS.into()))
    }

    /// Whether the load balancer of that controller serves the object, which has an annotation for it where its class is not seen.
    pub(super) fn has_balancer(&self, controller: Option<&str>) -> bool {
        match (controller, &self.class) {
            (Some(controller), _) => controller == CONTROLLER,
            // A name alone proves nothing, but beside an annotation that only this controller reads it does.
            (None, ClassName::Named(name)) => **name == *CLASS,
            (None, ClassName::Unset) => false,
        }
    }
}

impl Workload {
    /// Whether its new pods wait for their load balancer, in a namespace with these labels.
    #[must_use]
    pub fn waits_for_registration(&self, namespace: &Labels) -> bool {
        let is_enabled = |labels: &Labels| labels.get(GATES) == Some("enabled");
        self.has_readiness_gates || is_enabled(namespace) || is_enabled(&self.labels)
    }
}
