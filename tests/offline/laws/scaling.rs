//! Law 3 for what decides on the number of pods: autoscalers and budgets are one end, and what they scale and guard is the other.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{NAMESPACE, changed, deployment, ingress, service, without};

fn autoscaler(name: &str, least: u32) -> Value {
    json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": least, "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}]}})
}

fn budget(name: &str, spec: &Value) -> Value {
    let raw = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec});
    changed(raw, "/spec/selector", json!({"matchLabels": {"app": name}}))
}

/// A Deployment that leaves its number to others, and asks for what it needs.
fn scaled(name: &str) -> Value {
    let resources = json!({"requests": {"cpu": "100m", "memory": "64Mi"}});
    changed(without(deployment(name), "/spec/replicas"), "/spec/template/spec/containers/0/resources", resources)
}

fn shop(profile: &str, web: Value) -> Cluster {
    Cluster::enforcing(profile).with([web, service("web"), ingress("web")])
}

#[test]
fn a_budget_that_goes_leaves_its_workload_unguarded_and_is_never_refused() {
    let own = budget("web", &json!({"maxUnavailable": 1}));
    let cluster = || shop("strict", deployment("web")).with([own.clone()]);
    let answer = cluster().delete(&own).warns_of("disruption-unguarded");
    assert!(answer.warned("disruption-unguarded")[0].contains("Deployment web: "), "{answer:?}");
    // One that turns away leaves it, too, and a second one holds it.
    let away = changed(own.clone(), "/spec/selector/matchLabels/app", json!("cart"));
    cluster().update(&own, &away).warns_of("disruption-unguarded");
    let second = changed(own.clone(), "/metadata/name", json!("second"));
    let answer = cluster().with([second]).delete(&own).passes();
    assert!(answer.warned("disruption-unguarded").is_empty(), "{answer:?}");
}

#[test]
fn a_budget_that_blocks_is_warned_of_whichever_end_comes_last() {
    for profile in ["baseline", "strict"] {
        let own = budget("web", &json!({"minAvailable": 2}));
        let two = changed(deployment("web"), "/spec/replicas", json!(2));
        shop(profile, two.clone()).create(&own).warns_of("disruption-blocked");
        let cluster = shop(profile, deployment("web")).with([own.clone()]);
        let answer = cluster.update(&deployment("web"), &two).warns_of("disruption-blocked");
        assert!(answer.warned("disruption-blocked")[0].contains("PodDisruptionBudget web: "), "{answer:?}");
        let cluster = shop(profile, scaled("web")).with([own, autoscaler("web", 3)]);
        let answer = cluster.update(&autoscaler("web", 3), &autoscaler("web", 2)).warns_of("disruption-blocked");
        assert!(answer.warned("disruption-blocked")[0].contains("PodDisruptionBudget web: "), "{answer:?}");
    }
}

#[test]
fn an_autoscaler_that_is_lowered_to_one_is_said_on_itself_and_on_what_it_scales() {
    let cluster = shop("strict", scaled("web")).with([autoscaler("web", 2)]);
    let answer = cluster.update(&autoscaler("web", 2), &autoscaler("web", 1));
    let answer = answer.warns_of("autoscaler-floor-one").warns_of("single-replica");
    // It leads nobody there.
    assert!(answer.warned("single-replica")[0].contains("[single-replica] Deployment web: "), "{answer:?}");
    let answer = cluster.update(&autoscaler("web", 2), &autoscaler("web", 3)).passes();
    assert!(answer.warned("autoscaler-floor-one").is_empty() && answer.warned("single-replica").is_empty(), "{answer:?}");
}

#[test]
fn an_autoscaler_that_goes_leaves_its_workload_alone() {
    let cluster = shop("strict", scaled("web")).with([autoscaler("web", 2)]);
    let answer = cluster.delete(&autoscaler("web", 2)).warns_of("load-without-autoscaler").warns_of("single-replica");
    assert!(answer.warned("load-without-autoscaler")[0].contains("Deployment web: "), "{answer:?}");
}

#[test]
fn an_autoscaler_that_comes_finds_the_number_that_is_written_in_the_file() {
    let answer = shop("baseline", deployment("web")).create(&autoscaler("web", 2)).warns_of("autoscaler-fights-replicas");
    assert!(answer.warned("autoscaler-fights-replicas")[0].contains("] Deployment web: "), "{answer:?}");
}

#[test]
fn a_route_to_what_an_autoscaler_may_leave_with_one_pod_is_warned_of() {
    let cluster = Cluster::enforcing("strict").with([scaled("web"), service("web"), autoscaler("web", 1)]);
    let answer = cluster.create(&ingress("web")).warns_of("autoscaler-floor-one").warns_of("single-replica");
    assert!(answer.warned("single-replica")[0].contains("would route to Deployment web: "), "{answer:?}");
}

#[test]
fn a_request_that_an_autoscaler_needs_is_missed_unless_defaults_give_it() {
    let bare = without(scaled("web"), "/spec/template/spec/containers/0/resources");
    let defaults = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "defaults", "namespace": NAMESPACE},
        "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "50m"}}]}});
    for profile in ["baseline", "strict"] {
        // Defaults may still come.
        shop(profile, bare.clone()).create(&autoscaler("web", 2)).warns_of("autoscaler-without-request");
        let cluster = shop(profile, bare.clone()).with([defaults.clone(), autoscaler("web", 2)]);
        let answer = cluster.update(&autoscaler("web", 2), &autoscaler("web", 3)).passes();
        assert!(answer.warned("autoscaler-without-request").is_empty(), "{answer:?}");
        cluster.delete(&defaults).warns_of("autoscaler-without-request");
    }
}

#[test]
fn an_update_that_takes_the_request_away_warns_in_baseline_and_is_refused_in_strict() {
    let bare = without(scaled("web"), "/spec/template/spec/containers/0/resources");
    let shop = |profile| shop(profile, scaled("web")).with([autoscaler("web", 2)]);
    let answer = shop("baseline").update(&scaled("web"), &bare).warns_of("autoscaler-without-request");
    assert!(answer.warned("autoscaler-without-request")[0].contains("HorizontalPodAutoscaler web: "), "{answer:?}");
    shop("strict").update(&scaled("web"), &bare).denied_for("autoscaler-without-request");
}
