//! Load balancers that send to pods by their addresses: a pod gets requests only once it is registered there.
//!
//! Source: `docs/deploy/pod_readiness_gate.md` and the annotations of Ingresses and Services in
//! `kubernetes-sigs/aws-load-balancer-controller`. Other clouds hold a pod back by themselves.

use serde_json::Value;

use super::json::text;
use super::routing::{ClassName, Routing};
use super::selector::Labels;
use super::service::Service;
use super::workload::Workload;
use crate::object::{Address, At, ObjectId};

/// Who serves Ingresses with such a load balancer.
const CONTROLLER: &str = "ingress.k8s.aws/alb";
/// What the class of that controller is called where nobody says otherwise.
const CLASS: &str = "alb";
/// The annotation that makes pods the targets of an Ingress's load balancer. It stands on the Ingress or on a Service, and the Service's
/// wins.
const TARGET_TYPE: &str = "alb.ingress.kubernetes.io/target-type";
/// The annotations of a Service that do so for a load balancer of its own, and their words for it.
const OWN: [(&str, &str); 2] = [
    ("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", "ip"),
    ("service.beta.kubernetes.io/aws-load-balancer-type", "nlb-ip"),
];
/// The label of a namespace, or of pods, that has gates put into new pods.
const GATES: &str = "elbv2.k8s.aws/pod-readiness-gate-inject";

/// The label of a namespace that has readiness gates put into its new pods, as it is written.
pub const READINESS_GATES: &str = "elbv2.k8s.aws/pod-readiness-gate-inject=enabled";

/// The annotation by which a Service makes its pods the targets of its own load balancer.
pub(super) fn by_service(annotations: &Value) -> Option<&'static str> {
    OWN.into_iter().find_map(|(key, word)| (text(annotations.at([key])) == word).then_some(key))
}

/// Whether a Service has its pods made the targets of Ingresses' load balancers; `None` where it does not say it.
pub(super) fn for_ingresses(annotations: &Value) -> Option<bool> {
    annotations.at([TARGET_TYPE]).as_str().map(|own| own == "ip")
}

impl Routing {
    /// Where it stands that the pods of a Service behind the object are targets of its load balancer: on the Service, or on the
    /// object. `None` where nobody says it, or where another controller serves it. `controller` is that of its class, where the class is
    /// seen.
    #[must_use]
    pub fn registers_pods<'o>(&'o self, service: &'o Service, controller: Option<&str>) -> Option<(&'o ObjectId, Address)> {
        let object = match service.registers_for_ingresses {
            Some(is_said) => is_said.then_some(&service.id)?,
            None => (self.annotation(TARGET_TYPE) == Some("ip")).then_some(&self.id)?,
        };
        self.has_balancer(controller).then(|| (object, Address::Annotation(TARGET_TYPE.into())))
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
