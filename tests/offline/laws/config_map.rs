//! The global configuration of a gateway is judged when it changes, alone and together with what objects say.

use no502::engine::Plan;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{NAMESPACE, annotated, changed, deployment, ingress, service};

/// A cluster whose policy names the `ConfigMap`.
fn cluster(profile: &str) -> Cluster {
    let entry = format!("{{class: nginx, dialect: ingress-nginx, version: 1.13.2, configMap: {NAMESPACE}/controller}}");
    let text = format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\ngateways: [{entry}]\n");
    let mut cluster = Cluster::enforcing(profile).with([deployment("web"), service("web")]);
    cluster.plan = Plan::parse(&text).expect("a policy");
    cluster.plan.has_cluster = true;
    cluster
}

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "controller", "namespace": NAMESPACE}, "data": data})
}

#[test]
fn poison_in_the_global_configuration_is_refused_with_the_namespaces_that_it_would_hit() {
    let cluster = cluster("baseline").with([ingress("web")]);
    let answer = cluster.update(&config(&json!({})), &config(&json!({"proxy-buffering": "true"})));
    let denial = answer.denied_for("poison-value");
    for words in ["/data/proxy-buffering", "on\" or \"off", &format!("the namespace {NAMESPACE}")] {
        assert!(denial.denial().contains(words), "{words}: {}", denial.denial());
    }
    cluster.create(&config(&json!({"proxy-buffer-size": "16kb"}))).denied_for("poison-value");
    cluster.update(&config(&json!({})), &config(&json!({"proxy-buffering": "on"}))).silent();
}

#[test]
fn what_the_gateway_drops_is_said_and_a_repair_is_never_held_up() {
    let cluster = cluster("baseline");
    let (good, bad) = (config(&json!({"keep-alive": "75"})), config(&json!({"keep-alive": "90s"})));
    cluster.update(&good, &bad).denied_for("value-ignored");
    cluster.update(&bad, &good).silent();
    // What was there before does not hold up another change, and neither does a removal.
    cluster.update(&bad, &config(&json!({"keep-alive": "90s", "proxy-read-timeout": "90"}))).warns_of("value-ignored");
    cluster.delete(&bad).passes();
    cluster.create(&config(&json!({"upstream_keepalive_timeout": "30"}))).warns_of("key-unknown");
}

#[test]
fn a_config_map_that_the_document_does_not_name_is_not_judged() {
    let other = changed(config(&json!({"proxy-buffering": "true"})), "/metadata/name", json!("another"));
    cluster("strict").create(&other).silent();
}

#[test]
fn what_is_poison_only_together_is_refused_whichever_comes_last() {
    let large = annotated(ingress("web"), &[("nginx.ingress.kubernetes.io/proxy-buffer-size", "16k")]);
    let small = config(&json!({"proxy-busy-buffers-size": "8k"}));

    let answer = cluster("baseline").with([large.clone()]).update(&config(&json!({})), &small);
    let denial = answer.denied_for("poison-value");
    assert!(denial.denial().contains("Ingress shop/web"), "{}", denial.denial());

    cluster("baseline").with([small.clone()]).create(&large).denied_for("poison-value");
    // Neither is poison alone.
    cluster("baseline").with([config(&json!({}))]).create(&large).passes();
    cluster("baseline").with([ingress("web")]).update(&config(&json!({})), &small).passes();
}

#[test]
fn a_default_that_an_unseen_config_map_may_change_never_denies() {
    let short = changed(deployment("web"), "/spec/template/metadata/annotations/no502.dev~1keep-alive", json!("5s"));
    let unseen = cluster("strict").with([ingress("web")]);
    unseen.create(&short).passes().warns_of("keepalive-outlives-backend");
    let seen = cluster("strict").with([ingress("web"), config(&json!({}))]);
    seen.create(&short).denied_for("keepalive-outlives-backend");
    // Who leads traffic there is not at fault.
    let before = cluster("strict").with([short, config(&json!({}))]);
    before.create(&ingress("web")).passes().warns_of("keepalive-outlives-backend");
}

#[test]
fn the_order_in_which_idle_connections_end_is_judged_with_the_config_map() {
    let mut cluster = cluster("strict");
    let text = format!(
        "apiVersion: no502.dev/v1alpha1\nkind: Policy\nloadBalancer: {{layer: 7, idleTimeout: 60s}}\n\
         gateways: [{{class: nginx, dialect: ingress-nginx, configMap: {NAMESPACE}/controller}}]\n"
    );
    cluster.plan = Plan::parse(&text).expect("a policy");
    let [good, bad, better] = ["75", "30", "45"].map(|seconds| config(&json!({"keep-alive": seconds})));
    cluster.update(&good, &bad).denied_for("gateway-closes-before-balancer");
    cluster.update(&bad, &better).passes().warns_of("gateway-closes-before-balancer");
    cluster.update(&better, &bad).denied_for("gateway-closes-before-balancer");
    cluster.update(&bad, &good).silent();
}

/// A cluster whose policy names the `ConfigMap` of the F5 controller, and an Ingress of its class.
fn edge(version: &str) -> Cluster {
    let entry = format!("{{class: edge, dialect: f5-nginx, version: {version}, configMap: {NAMESPACE}/controller}}");
    let text = format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\ngateways: [{entry}]\n");
    let mut cluster = Cluster::enforcing("baseline").with([deployment("web"), service("web"), at_the_edge(&[])]);
    cluster.plan = Plan::parse(&text).expect("a policy");
    cluster.plan.has_cluster = true;
    cluster
}

fn at_the_edge(annotations: &[(&str, &str)]) -> Value {
    annotated(changed(ingress("web"), "/spec/ingressClassName", json!("edge")), annotations)
}

#[test]
fn the_config_map_of_the_f5_controller_is_judged_too() {
    let cluster = edge("5.5.4");
    let none = config(&json!({}));
    let answer = cluster.update(&none, &config(&json!({"proxy-read-timeout": "1 minute"})));
    let denial = answer.denied_for("poison-value");
    for words in ["/data/proxy-read-timeout", "proxy_read_timeout", &format!("the namespace {NAMESPACE}")] {
        assert!(denial.denial().contains(words), "{words}: {}", denial.denial());
    }
    cluster.update(&none, &config(&json!({"http2": "on"}))).denied_for("value-ignored");
    cluster.update(&none, &config(&json!({"worker_connections": "4096"}))).warns_of("key-unknown");
    cluster.update(&none, &config(&json!({"proxy-buffer-size": "16k"}))).denied_for("poison-value");
    cluster.update(&none, &config(&json!({"proxy-buffer-size": "16k", "proxy-buffers": "8 16k"}))).silent();
    // Older versions hand on what newer ones drop.
    edge("5.1.0").update(&none, &config(&json!({"proxy-buffers": "8 16kb"}))).denied_for("poison-value");
    edge("5.2.0").update(&none, &config(&json!({"proxy-buffers": "8 16kb"}))).denied_for("value-ignored");
}

#[test]
fn what_is_poison_only_together_is_refused_by_the_f5_controller_too() {
    let large = at_the_edge(&[("nginx.org/proxy-buffer-size", "16k")]);
    let (fitting, none) = (config(&json!({"proxy-buffers": "8 16k"})), config(&json!({})));
    let answer = edge("5.5.4").with([large.clone(), fitting.clone()]).update(&fitting, &none);
    assert!(answer.denied_for("poison-value").denial().contains("Ingress shop/web"));
    edge("5.5.4").with([fitting]).create(&large).passes();
    edge("5.5.4").with([none]).create(&large).denied_for("poison-value");
}
