//! The definitions (CRDs) that a gateway wants.

use std::path::Path;

use serde_json::{Value, json};

use crate::fault::{Fault, Result};
use crate::kubectl::Kubectl;

/// Applies a folder of them, and waits until the API server serves them all.
pub(super) async fn apply(kubectl: &Kubectl, folder: &Path) -> Result {
    let folder = folder.display().to_string();
    // The usual way keeps a copy in an annotation, which these are too long for.
    kubectl.run(&["apply", "--server-side", "--force-conflicts", "--filename", &folder]).await?;
    kubectl.run(&["wait", "--for=condition=Established", "--timeout=20s", "--filename", &folder]).await.map(drop)
}

/// Has the API server serve a definition under one more version, with the fields of its last one.
pub(super) async fn serve_as(kubectl: &Kubectl, definition: &str, version: &str) -> Result {
    let text = kubectl.run(&["get", "crd", definition, "--output", "json"]).await?;
    let object: Value = serde_json::from_str(&text).map_err(|error| Fault::Other(format!("{definition}: {error}")))?;
    let versions = object.pointer("/spec/versions").and_then(Value::as_array);
    let versions = versions.ok_or_else(|| Fault::Other(format!("{definition} has no versions")))?;
    if versions.iter().any(|one| one.get("name") == Some(&json!(version))) {
        return Ok(());
    }
    let mut added = versions.last().cloned().unwrap_or_default();
    if let Some(fields) = added.as_object_mut() {
        fields.insert("name".to_owned(), json!(version));
        fields.insert("storage".to_owned(), json!(false));
    }
    let patch = json!([{"op": "add", "path": "/spec/versions/-", "value": added}]);
    kubectl.run(&["patch", "crd", definition, "--type=json", "--patch", &patch.to_string()]).await.map(drop)
}
