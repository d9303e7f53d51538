//! Law 3 for a mesh: whoever closes pods to a gateway outside of it is told so: a policy, the labels of a namespace, the gateway's own pods.

use no502::engine::Plan;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{changed, deployment, ingress, service};

const RULE: &str = "mesh-mtls-excludes-gateway";
const GATEWAY: &str = "ingress-nginx";

fn room(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn inside(name: &str) -> Value {
    room(name, &json!({"istio-injection": "enabled", "no502.dev/enforce": "strict"}))
}

fn outside(name: &str) -> Value {
    room(name, &json!({"no502.dev/enforce": "strict"}))
}

fn gateway() -> Value {
    let labels = json!({"app.kubernetes.io/name": GATEWAY, "app.kubernetes.io/component": "controller"});
    let moved = changed(deployment("controller"), "/metadata/namespace", json!(GATEWAY));
    changed(moved, "/spec/template/metadata/labels", labels)
}

fn policy(namespace: &str, spec: &Value) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
        "metadata": {"namespace": namespace, "name": "default"}, "spec": spec})
}

fn strict() -> Value {
    json!({"mtls": {"mode": "STRICT"}})
}

/// A routed Deployment, a gateway whose pods are seen, and more.
fn shop(more: impl IntoIterator<Item = Value>) -> Cluster {
    let mut cluster = Cluster::enforcing("strict");
    let gateways = "gateways: [{class: nginx, dialect: ingress-nginx, namespace: ingress-nginx, configMap: none}]";
    cluster.plan = Plan::parse(&format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{gateways}\n")).expect("a policy");
    cluster.plan.has_cluster = true;
    cluster.with([deployment("web"), service("web"), ingress("web"), gateway()]).with(more)
}

#[test]
fn a_policy_that_closes_pods_to_the_gateway_warns_since_a_milder_one_may_follow() {
    for namespace in ["shop", "istio-system"] {
        let cluster = shop([inside("shop"), outside(GATEWAY), outside("istio-system")]);
        cluster.create(&policy(namespace, &strict())).warns_of(RULE);
        assert!(cluster.create(&policy(namespace, &json!({"mtls": {"mode": "PERMISSIVE"}}))).warned(RULE).is_empty());
    }
}

#[test]
fn a_milder_policy_that_goes_tells_what_holds_without_it() {
    let mild = json!({"selector": {"matchLabels": {"app": "web"}}, "mtls": {"mode": "PERMISSIVE"}});
    let mild = changed(policy("shop", &mild), "/metadata/name", json!("web"));
    let cluster = shop([inside("shop"), outside(GATEWAY), policy("shop", &strict()), mild.clone()]);
    cluster.delete(&mild).warns_of(RULE);
}

#[test]
fn labels_of_either_namespace_are_answered_by_the_pods_they_concern() {
    let cluster = shop([inside("shop"), inside(GATEWAY), policy("shop", &strict())]);
    cluster.update(&inside(GATEWAY), &outside(GATEWAY)).warns_of(RULE);
    let cluster = shop([outside("shop"), outside(GATEWAY), policy("shop", &strict())]);
    cluster.update(&outside("shop"), &inside("shop")).warns_of(RULE);
}

#[test]
fn a_gateway_whose_pods_lose_their_proxy_is_told_of_those_behind_it() {
    let proxied = changed(gateway(), "/spec/template/metadata/labels/sidecar.istio.io~1inject", json!("true"));
    let cluster = shop([inside("shop"), outside(GATEWAY), policy("shop", &strict())]);
    cluster.update(&proxied, &gateway()).warns_of(RULE);
    assert!(cluster.update(&gateway(), &proxied).warned(RULE).is_empty());
}
