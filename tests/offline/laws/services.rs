//! Services and what stands behind them: whichever end changes, the Service and its routes are asked again.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{annotated, changed, deployment, ingress, service};

/// A Service whose port leads to this number or name.
fn leading_to(target: Value) -> Value {
    changed(service("web"), "/spec/ports/0/targetPort", target)
}

fn selecting(selector: Value) -> Value {
    changed(service("web"), "/spec/selector", selector)
}

fn scaled(replicas: u32) -> Value {
    changed(deployment("web"), "/spec/replicas", json!(replicas))
}

#[test]
fn a_number_that_moves_away_from_running_pods_is_refused_in_strict_and_a_name_is_not() {
    let (old, new) = (leading_to(json!(8080)), leading_to(json!(9090)));
    let cluster = |profile| Cluster::enforcing(profile).with([deployment("web"), old.clone(), ingress("web")]);
    cluster("baseline").update(&old, &new).warns_of("target-port-moved");
    let answer = cluster("strict").update(&old, &new).denied_for("target-port-moved");
    assert!(answer.denial().contains("from 8080 to 9090") && answer.denial().contains("Deployment web"), "{}", answer.denial());
    let named = cluster("strict").update(&old, &leading_to(json!("http"))).passes();
    assert!(named.warned("target-port-moved").is_empty());
}

#[test]
fn what_is_about_a_change_is_not_said_of_the_state_after_it() {
    let (old, new) = (leading_to(json!(8080)), leading_to(json!(9090)));
    let cluster = Cluster::enforcing("strict").with([deployment("web"), new.clone(), ingress("web")]);
    for answer in [cluster.update(&new, &annotated(new.clone(), &[("team", "shop")])), cluster.create(&new), cluster.delete(&old)]
    {
        let answer = answer.passes();
        assert!(answer.warned("target-port-moved").is_empty() && answer.warned("selector-cutover").is_empty(), "{answer:?}");
    }
}

#[test]
fn a_selector_goes_to_pods_that_are_there_and_not_to_those_that_are_to_come() {
    let blue = changed(deployment("web"), "/spec/template/metadata/labels/version", json!("1"));
    let green = changed(blue.clone(), "/spec/template/metadata/labels/version", json!("2"));
    let green = changed(green, "/metadata/name", json!("web-2"));
    let (old, new) = (selecting(json!({"app": "web", "version": "1"})), selecting(json!({"app": "web", "version": "2"})));
    let cluster = |profile| Cluster::enforcing(profile).with([blue.clone(), old.clone(), ingress("web")]);
    let answer = cluster("baseline").update(&old, &new).warns_of("selector-cutover");
    assert!(answer.warned("service-selects-nothing").is_empty(), "one of both says it: {answer:?}");
    cluster("strict").update(&old, &new).denied_for("selector-cutover");
    let switched = cluster("strict").with([green]).update(&old, &new).passes();
    assert!(switched.warned("selector-cutover").is_empty());
}

#[test]
fn a_service_without_pods_is_silent_when_it_comes_and_named_when_its_last_workload_goes() {
    let rule = "service-selects-nothing";
    let cluster = Cluster::enforcing("strict").with([deployment("other")]);
    assert!(cluster.create(&service("web")).passes().warned(rule).is_empty());
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web"), ingress("web")]);
    let answer = cluster.delete(&deployment("web")).warns_of(rule);
    assert!(answer.warned(rule)[0].contains("Service web") && answer.warned(rule)[0].contains("Deployment web"), "{answer:?}");
    let relabelled = changed(deployment("web"), "/spec/template/metadata/labels/app", json!("front"));
    cluster.update(&deployment("web"), &relabelled).warns_of(rule);
    let canary = changed(deployment("web"), "/metadata/name", json!("web-canary"));
    assert!(cluster.with([canary]).delete(&deployment("web")).passes().warned(rule).is_empty());
}

#[test]
fn who_scales_the_last_pods_away_hears_of_the_routes_unless_pods_come_by_themselves() {
    let rule = "backend-scaled-to-zero";
    let keda = json!({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"name": "web"}}});
    let cluster = || Cluster::enforcing("strict").with([scaled(3), service("web"), ingress("web")]);
    let answer = cluster().update(&scaled(3), &scaled(0)).warns_of(rule);
    assert!(answer.warned(rule)[0].contains("Ingress web"), "{answer:?}");
    let watched = cluster().with([keda.clone()]);
    assert!(watched.update(&scaled(3), &scaled(0)).passes().warned(rule).is_empty());
    watched.with([scaled(0)]).delete(&keda).warns_of(rule);
}

#[test]
fn a_service_that_goes_is_named_by_those_who_call_it_in_other_namespaces_too() {
    let rule = "host-name-unresolvable";
    let calls = |url: &str| {
        let raw =
            changed(deployment("front"), "/spec/template/spec/containers/0/env", json!([{"name": "WEB_URL", "value": url}]));
        changed(raw, "/metadata/namespace", json!("edge"))
    };
    let cluster = |url| Cluster::enforcing("strict").with([calls(url), deployment("web"), service("web")]);
    let answer = cluster("http://web.shop.svc").delete(&service("web")).warns_of(rule);
    assert!(answer.warned(rule)[0].contains("WEB_URL"), "{answer:?}");
    let moved = changed(service("web"), "/spec/ports/0/port", json!(8080));
    cluster("http://web.shop.svc").update(&service("web"), &moved).warns_of(rule);
    for other in ["http://web.edge.svc", "http://web.shop.svc:8080"] {
        assert!(cluster(other).update(&service("web"), &moved).passes().warned(rule).is_empty(), "{other}");
    }
}

#[test]
fn a_workload_that_listens_elsewhere_is_refused_itself_and_a_service_that_comes_to_it_is_warned() {
    let rule = "listen-port-differs";
    let container = "/spec/template/spec/containers/0";
    let raw = changed(deployment("web"), &format!("{container}/ports/0/containerPort"), json!(3000));
    let elsewhere = changed(raw, &format!("{container}/env"), json!([{"name": "PORT", "value": "3000"}]));
    let service = leading_to(json!(8080));
    Cluster::enforcing("strict").with([elsewhere.clone()]).create(&service).warns_of(rule);
    Cluster::enforcing("strict").with([service.clone()]).create(&elsewhere).denied_for(rule);
    Cluster::enforcing("baseline").with([service]).create(&elsewhere).warns_of(rule);
}
