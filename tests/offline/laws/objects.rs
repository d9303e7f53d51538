//! Objects of a small shop, whole and faulty.

use no502::object::Object;
use no502::report::Item;
use serde_json::{Value, json};

use crate::cases::Stage;

/// The namespace that all of them live in.
pub(crate) const NAMESPACE: &str = "shop";

/// What `check` says first of some objects by one rule, in `strict`.
pub(crate) fn first(rule: &str, objects: &[Value]) -> Item {
    let text: Vec<String> = objects.iter().map(Value::to_string).collect();
    let report = Stage::read(rule, &format!("# profile: strict\n{}", text.join("\n---\n"))).report(rule);
    report.findings.into_iter().next().expect("a finding")
}

/// The object, read as the request of that namespace.
pub(crate) fn object(raw: &Value) -> Object {
    Object::new(raw.clone(), NAMESPACE).expect("a kind that is read")
}

/// A Deployment without a fault: a probe on its own port, a sleep, and time for it.
pub(crate) fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": {"no502.dev/keep-alive": "75s"}},
                "spec": {
                    "terminationGracePeriodSeconds": 60,
                    "containers": [{
                        "name": "web", "image": "registry.example.com/web:1.4.2",
                        "ports": [{"name": "http", "containerPort": 8080}],
                        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                    }],
                },
            },
        },
    })
}

/// A Deployment that `baseline` refuses where it is routed: its pods are killed at once.
pub(crate) fn killed_at_once(name: &str) -> Value {
    changed(deployment(name), "/spec/template/spec/terminationGracePeriodSeconds", json!(0))
}

/// A Deployment that stops at once, and whose grace period nobody wrote.
pub(crate) fn abrupt(name: &str) -> Value {
    let raw = without(deployment(name), "/spec/template/spec/terminationGracePeriodSeconds");
    without(raw, "/spec/template/spec/containers/0/lifecycle")
}

/// A Service in front of the Deployment of the same name.
pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    })
}

/// An Ingress that leads `shop.example.com/<name>` to port 80 of the Service of the same name.
pub(crate) fn ingress(name: &str) -> Value {
    ingress_to(name, &[(&format!("/{name}"), name, 80)])
}

/// An Ingress with these paths, each with the Service and port behind it.
pub(crate) fn ingress_to(name: &str, paths: &[(&str, &str, u16)]) -> Value {
    let paths: Vec<Value> = paths
        .iter()
        .map(|(path, service, port)| {
            json!({"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": port}}}})
        })
        .collect();
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": paths}}]},
    })
}

/// The namespace with these labels.
pub(crate) fn namespace(labels: &[(&str, &str)]) -> Value {
    let labels: serde_json::Map<String, Value> = labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
}

/// An object with another value at a JSON pointer whose parent is there, or can be.
pub(crate) fn changed(mut raw: Value, pointer: &str, value: Value) -> Value {
    let tokens: Vec<String> = pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let mut at = &mut raw;
    for token in tokens {
        at = match token.parse::<usize>() {
            Ok(index) if at.is_array() => &mut at[index],
            _ => &mut at[token],
        };
    }
    *at = value;
    raw
}

/// An object without the field at a JSON pointer, which must be there.
pub(crate) fn without(mut raw: Value, pointer: &str) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = raw.pointer_mut(parent).expect("a parent");
    parent.as_object_mut().expect("a mapping").remove(field).expect("a field to take away");
    raw
}

/// An object with annotations.
pub(crate) fn annotated(raw: Value, annotations: &[(&str, &str)]) -> Value {
    annotations.iter().fold(raw, |raw, (key, value)| {
        changed(raw, &format!("/metadata/annotations/{}", no502::object::escape(key)), json!(value))
    })
}

/// An object that a controller owns.
pub(crate) fn controlled(raw: Value) -> Value {
    let owner =
        json!([{"apiVersion": "acme.cert-manager.io/v1", "kind": "Challenge", "name": "c", "uid": "1", "controller": true}]);
    changed(raw, "/metadata/ownerReferences", owner)
}
