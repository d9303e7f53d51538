//! Namespaces, and the `ConfigMap`s that hold the global settings of gateways.

use serde_json::Value;

use super::selector::Labels;
use crate::object::{At, ObjectId};

/// A namespace: its labels choose the profiles.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Which one.
    pub id: ObjectId,
    /// Its labels.
    pub labels: Labels,
}

impl Namespace {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        Self { id: id.clone(), labels: Labels::read(raw.at(["metadata", "labels"])) }
    }
}

/// The texts of a `ConfigMap`.
#[derive(Clone, Debug)]
pub struct ConfigMap {
    /// Which one.
    pub id: ObjectId,
    /// Its texts by key.
    pub data: Labels,
}

impl ConfigMap {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        Self { id: id.clone(), data: Labels::read(raw.at(["data"])) }
    }
}
