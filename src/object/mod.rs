//! Floor 1: one Kubernetes object as it was read: identity, raw JSON, and addresses of its fields.

mod address;
pub mod edit;
mod id;
mod json;
mod placeholder;
pub mod yaml;

pub use address::{Address, escape};
pub use id::{Kind, ObjectId};
pub use json::At;
pub use placeholder::is_placeholder;

use serde_json::Value;

/// One object as it was read. Where it came from is known to who read it; its identity leads back there.
#[derive(Clone, Debug)]
pub struct Object {
    /// Kind, namespace and name.
    pub id: ObjectId,
    /// The whole object, with all fields that we do not know.
    pub raw: Value,
}

impl Object {
    /// The object in `raw`, where it is of a kind that no502 reads. `namespace` is for objects that name none.
    #[must_use]
    pub fn new(raw: Value, namespace: &str) -> Option<Self> {
        let kind = Kind::of(raw.at(["apiVersion"]).as_str()?, raw.at(["kind"]).as_str()?)?;
        let metadata = raw.at(["metadata"]);
        let name = metadata.at(["name"]).as_str().or_else(|| metadata.at(["generateName"]).as_str()).unwrap_or_default();
        let namespace = if kind.namespaced() { metadata.at(["namespace"]).as_str().unwrap_or(namespace) } else { "" };
        let id = ObjectId::new(kind, namespace, name);
        Some(Self { id, raw })
    }

    /// Whether the object is on its way out.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.raw.at(["metadata", "deletionTimestamp"]).is_string()
    }

    /// Whether a controller owns the object and would undo or repeat what others do to it.
    #[must_use]
    pub fn is_controlled(&self) -> bool {
        let owners = self.raw.at(["metadata", "ownerReferences"]).as_array();
        owners.is_some_and(|owners| owners.iter().any(|owner| owner.at(["controller"]).as_bool() == Some(true)))
    }

    /// The text of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.raw.at(["metadata", "annotations", key]).as_str()
    }
}
