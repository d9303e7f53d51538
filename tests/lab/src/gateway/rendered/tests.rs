//! From objects to routes, and from routes to configurations.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::haproxy::HaProxy;
use super::super::nginx::Nginx;
use super::{Objects, Rendered};

fn object<T: serde::de::DeserializeOwned>(value: Value) -> Arc<T> {
    Arc::new(serde_json::from_value(value).unwrap_or_else(|error| unreachable!("{error}")))
}

fn ingress(name: &str, class: &str, host: &str, paths: &[(&str, &str)], annotations: &Value) -> Value {
    let paths: Vec<Value> = paths
        .iter()
        .map(
            |(path, kind)| json!({"path": path, "pathType": kind, "backend": {"service": {"name": "x", "port": {"number": 80}}}}),
        )
        .collect();
    json!({
        "metadata": {"name": name, "namespace": "n", "annotations": annotations},
        "spec": {"ingressClassName": class, "rules": [{"host": host, "http": {"paths": paths}}]},
    })
}

fn objects(ingresses: Vec<Value>) -> Objects {
    let endpoint = |address: &str, ready: Value| json!({"addresses": [address], "conditions": {"ready": ready}});
    Objects {
        ingresses: ingresses.into_iter().map(object).collect(),
        services: vec![object(json!({
            "metadata": {"name": "x", "namespace": "n"}, "spec": {"ports": [{"name": "http", "port": 80}]},
        }))],
        slices: vec![object(json!({
            "metadata": {"name": "x-1", "namespace": "n", "labels": {"kubernetes.io/service-name": "x"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}, {"name": "other", "port": 9}],
            "endpoints": [
                endpoint("10.0.0.2", json!(true)), endpoint("10.0.0.3", json!(false)), endpoint("10.0.0.1", Value::Null),
            ],
        }))],
    }
}

#[test]
fn only_ready_endpoints_of_the_port_count() {
    let routes = objects(vec![ingress("a", "c", "x.lab", &[("/", "Prefix")], &json!({}))]).routes("c", "k");
    let [route] = routes.as_slice() else { unreachable!("{routes:?}") };
    assert_eq!(route.upstream.name, "n.a.x.80");
    assert_eq!(route.upstream.endpoints.iter().collect::<Vec<_>>(), ["10.0.0.1:8080", "10.0.0.2:8080"]);
}

#[test]
fn other_classes_do_not_count() {
    let objects = objects(vec![ingress("a", "c", "x.lab", &[("/", "Prefix")], &json!({}))]);
    assert_eq!(objects.routes("d", "k"), []);
}

#[test]
fn the_most_specific_comes_first_and_the_same_only_once() {
    let objects = objects(vec![
        ingress("a", "c", "", &[("/", "Prefix")], &json!({})),
        ingress("b", "c", "*.lab", &[("/", "Prefix")], &json!({})),
        ingress("d", "c", "x.lab", &[("/", "Prefix"), ("/long/", "Prefix"), ("/long", "Exact")], &json!({})),
        ingress("e", "c", "x.lab", &[("/", "Prefix")], &json!({})),
    ]);
    let shown: Vec<String> = objects
        .routes("c", "k")
        .iter()
        .map(|route| format!("{}{}{} {}", route.host, route.path, if route.exact { "=" } else { "/" }, route.upstream.name))
        .collect();
    assert_eq!(shown, ["x.lab/long= n.d.x.80", "x.lab/long/ n.d.x.80", "x.lab/ n.d.x.80", "*.lab/ n.b.x.80", "/ n.a.x.80"]);
}

#[test]
fn annotations_are_taken_over() {
    let annotations = json!({"nginx": "grpc_pass grpc://UPSTREAM;", "haproxy": "timeout server 5s\nretries 1"});
    let objects = objects(vec![ingress("a", "c", "x.lab", &[("/", "Prefix")], &annotations)]);
    let nginx = Nginx.render(&objects.routes("c", "nginx"), Path::new("/f"));
    assert!(nginx.contains(r#"location "/" { grpc_pass grpc://n.a.x.80;  }"#), "{nginx}");
    let haproxy = HaProxy.render(&objects.routes("c", "haproxy"), Path::new("/f"));
    assert!(
        haproxy.contains("backend n.a.x.80\n  timeout server 5s\n  retries 1\n  server 10.0.0.1:8080 10.0.0.1:8080\n"),
        "{haproxy}"
    );
}

#[test]
fn without_an_endpoint_nginx_says_503() {
    let mut objects = objects(vec![ingress("a", "c", "x.lab", &[("/", "Prefix")], &json!({}))]);
    objects.slices.clear();
    let nginx = Nginx.render(&objects.routes("c", "k"), Path::new("/f"));
    assert!(nginx.contains(r#"set $reason "no ready endpoint of n.a.x.80"; return 503;"#), "{nginx}");
}
