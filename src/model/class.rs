//! Ingress classes: which controller serves an Ingress.

use serde_json::Value;

use super::json::text;
use crate::object::{At, ObjectId};

/// An `IngressClass`.
#[derive(Clone, Debug)]
pub struct IngressClass {
    /// Which one.
    pub id: ObjectId,
    /// The controller that serves it: `k8s.io/ingress-nginx`.
    pub controller: Box<str>,
    /// Whether it serves an Ingress that names no class.
    pub is_default: bool,
}

impl IngressClass {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let default = raw.at(["metadata", "annotations", "ingressclass.kubernetes.io/is-default-class"]);
        Self { id: id.clone(), controller: text(raw.at(["spec", "controller"])).into(), is_default: text(default) == "true" }
    }
}
