//! The objects of one run: the experiment's own, with the gateway's names put in and the route in the wanted kind.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Experiment, change};
use crate::gateway::{Gateway, RouteKind};

/// The objects with their fault, or as they should be, and with these changes.
pub(crate) fn objects(
    experiment: &Experiment,
    gateway: &dyn Gateway,
    kind: RouteKind,
    host: &str,
    mended: bool,
    changes: &[Value],
) -> Vec<Value> {
    let mut objects = experiment.objects.clone();
    if mended {
        change::apply(&mut objects, &experiment.plan.use_instead);
    }
    change::apply(&mut objects, changes);
    let namespace = host.strip_suffix(".lab").unwrap_or(host);
    let names = [("${host}", host), ("${namespace}", namespace), ("${class}", gateway.class())];
    let text = |text: &str| {
        let named = names.iter().fold(text.to_owned(), |text, (mark, name)| text.replace(mark, name));
        experiment.certificates.put_in(&named)
    };
    objects.into_iter().map(|object| placed(route(put_in(object, &text), gateway, kind), namespace)).collect()
}

/// The namespaces of these objects.
pub(crate) fn namespaces(objects: &[Value]) -> BTreeSet<&str> {
    objects.iter().filter_map(|object| object.pointer("/metadata/namespace").and_then(Value::as_str)).collect()
}

/// The object in the namespace of the run, unless it names another.
fn placed(mut object: Value, namespace: &str) -> Value {
    if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.entry("namespace").or_insert_with(|| json!(namespace));
    }
    object
}

/// As the text that kubectl is fed with.
pub(crate) fn text(objects: &[Value]) -> String {
    objects.iter().flat_map(|object| ["---\n".to_owned(), object.to_string(), "\n".to_owned()]).collect()
}

fn put_in(value: Value, text: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(own) => Value::String(text(&own)),
        Value::Array(items) => items.into_iter().map(|item| put_in(item, text)).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, put_in(value, text))).collect(),
        other => other,
    }
}

/// The same route for another API: one host, its paths, a Service and its port each.
fn route(ingress: Value, gateway: &dyn Gateway, kind: RouteKind) -> Value {
    let stays = matches!(kind, RouteKind::Ingress | RouteKind::GrpcRoute);
    if stays || ingress.get("kind").and_then(Value::as_str) != Some("Ingress") {
        return ingress;
    }
    let at = |pointer: &str| ingress.pointer(pointer).cloned().unwrap_or_default();
    let (name, host) = (at("/metadata/name"), at("/spec/rules/0/host"));
    let paths = at("/spec/rules/0/http/paths");
    let each = paths.as_array().into_iter().flatten().map(|path| {
        let of = |pointer: &str| path.pointer(pointer).cloned().unwrap_or_default();
        (of("/path"), of("/backend/service/name"), of("/backend/service/port/number"))
    });
    if kind == RouteKind::HttpRoute {
        let rules: Vec<Value> = each
            .map(|(path, service, port)| {
                json!({"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": [{"name": service, "port": port}]})
            })
            .collect();
        return json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name},
            "spec": {"parentRefs": [{"name": gateway.class(), "namespace": "gateways"}], "hostnames": [host], "rules": rules},
        });
    }
    let routes: Vec<Value> = each
        .map(|(path, service, port)| json!({"conditions": [{"prefix": path}], "services": [{"name": service, "port": port}]}))
        .collect();
    json!({
        "apiVersion": "projectcontour.io/v1", "kind": "HTTPProxy", "metadata": {"name": name},
        "spec": {"ingressClassName": gateway.class(), "virtualhost": {"fqdn": host}, "routes": routes},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_placed_unless_it_names_a_namespace() {
        let own = placed(json!({"kind": "Service", "metadata": {"name": "app"}}), "run");
        let other = placed(json!({"kind": "HTTPRoute", "metadata": {"name": "app", "namespace": "run-web"}}), "run");
        assert_eq!(own, json!({"kind": "Service", "metadata": {"name": "app", "namespace": "run"}}));
        assert_eq!(namespaces(&[own, other]), BTreeSet::from(["run", "run-web"]));
    }
}
