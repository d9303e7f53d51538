//! The server as a process: the real binary, spoken to over TLS as the API server speaks to it.

mod admin;
mod bodies;
mod client;
mod connections;
mod logs;
mod overload;
mod process;
mod refusals;
mod reload;
mod shutdown;
mod start;

use serde_json::{Value, json};

/// A review that is denied by the shipped baseline.
pub(crate) const DENIED: &str = include_str!("../../../examples/reviews/denied.json");
/// A review that gets a patch.
pub(crate) const PATCHED: &str = include_str!("../../../examples/reviews/patched.json");

/// The denied review with other values in its request.
pub(crate) fn denied_with(changes: &[(&str, Value)]) -> String {
    let mut review: Value = serde_json::from_str(DENIED).unwrap();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        review["request"].pointer_mut(parent).unwrap()[key] = value.clone();
    }
    review.to_string()
}

/// A review that is let pass without a word: a small one of a kind that nobody judges.
pub(crate) fn harmless(uid: &str) -> String {
    let request = json!({"uid": uid, "operation": "CREATE", "name": "a", "namespace": "shop",
        "kind": {"group": "", "version": "v1", "kind": "Secret"},
        "object": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}}});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string()
}
