//! Reviews as an API server sends them, as bytes.

use serde_json::{Value, json};

use crate::objects::{PLAIN, Shape, deployment};

/// The review of an object that comes into being.
pub(crate) fn create(object: &Value) -> Vec<u8> {
    review("CREATE", object, &Value::Null)
}

/// The review of an object that becomes another.
pub(crate) fn update(before: &Value, after: &Value) -> Vec<u8> {
    review("UPDATE", after, before)
}

/// The review of a plain Deployment that comes into being, with as many variables as make it so large.
pub(crate) fn create_of_size(bytes: usize) -> Vec<u8> {
    grow(bytes, |variables| create(&deployment("shop", "web", Shape { variables, ..PLAIN })))
}

/// The review of a plain Deployment that gets a new image: old and new one together are so large.
pub(crate) fn update_of_size(bytes: usize) -> Vec<u8> {
    grow(bytes, |variables| {
        let before = deployment("shop", "web", Shape { variables, ..PLAIN });
        let mut after = before.clone();
        after["metadata"]["generation"] = json!(2);
        after["spec"]["template"]["spec"]["containers"][0]["image"] = json!("registry.example.com/shop/part-0:1.4.3");
        update(&before, &after)
    })
}

fn grow(bytes: usize, make: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    // A variable takes more than ten bytes.
    (1..bytes / 10).map(make).find(|body| body.len() >= bytes).expect("more variables make a larger review")
}

fn review(operation: &str, object: &Value, before: &Value) -> Vec<u8> {
    let (group, version) = object["apiVersion"].as_str().and_then(|text| text.split_once('/')).unwrap_or(("", "v1"));
    let kind = object["kind"].as_str().unwrap_or_default();
    let plural = if kind == "Ingress" { "ingresses".to_owned() } else { format!("{}s", kind.to_lowercase()) };
    let kind = json!({"group": group, "kind": kind, "version": version});
    let resource = json!({"group": group, "resource": plural, "version": version});
    let options = if before.is_null() { "CreateOptions" } else { "UpdateOptions" };
    let request = json!({
        "uid": "0d3c9a52-6cf5-4c3e-8a3f-1f2ad3d7a5f0", "kind": kind, "resource": resource, "requestKind": kind,
        "requestResource": resource, "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
        "operation": operation,
        "userInfo": {"username": "system:serviceaccount:flux-system:kustomize-controller", "uid": "b7f1",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:flux-system", "system:authenticated"]},
        "object": object, "oldObject": before, "dryRun": false,
        "options": {"apiVersion": "meta.k8s.io/v1", "fieldManager": "helm", "kind": options},
    });
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string().into_bytes()
}
