//! Law 3 for what decides on the number of pods: autoscalers and budgets are one end, and what they scale and guard is the other.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{NAMESPACE, changed, deployment, first, ingress, service, without};

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
        let warning = "PodDisruptionBudget web: allows no eviction: minAvailable is 2 of 2";
        assert!(answer.warned("disruption-blocked")[0].contains(warning), "{answer:?}");
        let cluster = shop(profile, scaled("web")).with([own, autoscaler("web", 3)]);
        let answer = cluster.update(&autoscaler("web", 3), &autoscaler("web", 2)).warns_of("disruption-blocked");
        // There may be ten.
        assert!(answer.warned("disruption-blocked")[0].contains("while Deployment shop/web has its fewest pods"), "{answer:?}");
    }
}

#[test]
fn an_autoscaler_that_is_lowered_to_one_is_said_once() {
    let cluster = shop("strict", scaled("web")).with([autoscaler("web", 2)]);
    let answer = cluster.update(&autoscaler("web", 2), &autoscaler("web", 1));
    let answer = answer.warns_of("autoscaler-floor-one");
    // One fault, said once.
    assert!(answer.warned("single-replica").is_empty(), "{answer:?}");
    let answer = cluster.update(&autoscaler("web", 2), &autoscaler("web", 3)).passes();
    assert!(answer.warned("autoscaler-floor-one").is_empty(), "{answer:?}");
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
    let answer = cluster.create(&ingress("web")).warns_of("autoscaler-floor-one");
    assert!(answer.warned("autoscaler-floor-one")[0].contains("HorizontalPodAutoscaler web: "), "{answer:?}");
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

/// Another Deployment behind the Service of the first.
fn beside(name: &str) -> Value {
    let own = changed(deployment(name), "/spec/template/metadata/labels", json!({"app": "web", "track": name}));
    changed(own, "/spec/selector/matchLabels", json!({"app": "web", "track": name}))
}

#[test]
fn who_is_left_alone_behind_a_service_is_told_when_the_others_go() {
    let one = changed(deployment("web"), "/spec/replicas", json!(1));
    let canary = beside("canary");
    let cluster = || shop("strict", one.clone()).with([canary.clone()]);
    for answer in [cluster().delete(&canary), cluster().update(&canary, &changed(canary.clone(), "/spec/replicas", json!(0)))] {
        assert!(answer.warned("single-replica")[0].contains("Deployment web: "), "{answer:?}");
    }
    let cluster = || shop("strict", scaled("web")).with([canary.clone(), autoscaler("web", 1)]);
    for answer in [cluster().delete(&canary), cluster().update(&canary, &changed(canary.clone(), "/spec/replicas", json!(0)))] {
        assert!(answer.warned("autoscaler-floor-one")[0].contains("HorizontalPodAutoscaler web: "), "{answer:?}");
    }
    // Whoever joins it takes that away, and is not alone either.
    let answer = shop("strict", one).create(&changed(canary, "/spec/replicas", json!(1)));
    assert!(answer.warned("single-replica").is_empty(), "{answer:?}");
}

#[test]
fn the_autoscaler_that_is_offered_is_one_that_the_api_server_takes() {
    for (replicas, least, most) in [(1, 2, 10), (3, 3, 10), (4, 4, 12), (20, 20, 60)] {
        let own = changed(deployment("web"), "/spec/replicas", json!(replicas));
        let help = first("load-without-autoscaler", &[own, service("web"), ingress("web")]).help;
        let (_, offered) = help.split_once('\n').unwrap();
        let (documents, unreadable) = no502::object::yaml::read(offered);
        assert!(unreadable.is_empty() && documents.len() == 1, "{help}");
        assert_eq!(
            (&documents[0].value["spec"]["minReplicas"], &documents[0].value["spec"]["maxReplicas"]),
            (&json!(least), &json!(most))
        );
        assert_eq!(documents[0].value.as_object().unwrap().len(), 4, "{help}");
        assert!(help.contains("container \"web\" asks for none"), "{help}");
    }
    let asking = changed(scaled("web"), "/spec/replicas", json!(2));
    let help = first("load-without-autoscaler", &[asking, service("web"), ingress("web")]).help;
    assert!(!help.contains("asks for none"), "{help}");
}

#[test]
fn a_last_pod_that_goes_is_answered_as_the_gateway_in_front_does() {
    let virtual_server = json!({"apiVersion": "k8s.nginx.org/v1", "kind": "VirtualServer", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"host": "shop.example.com", "upstreams": [{"name": "web", "service": "web", "port": 80}],
            "routes": [{"path": "/", "action": {"pass": "web"}}]}});
    for (front, status) in [(ingress("web"), "503"), (virtual_server, "502")] {
        let found = first("autoscaler-floor-one", &[scaled("web"), service("web"), autoscaler("web", 1), front]);
        assert_eq!(found.status, status);
        assert!(found.why.contains(&format!("clients get {status}")), "{}", found.why);
        assert_eq!(found.related.len(), 1, "what it scales decides with it");
    }
}

#[test]
fn the_way_out_of_a_budget_that_blocks_is_one_that_the_api_server_takes() {
    let one = changed(deployment("web"), "/spec/replicas", json!(1));
    let keda = json!({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"scaleTargetRef": {"name": "web"}, "minReplicaCount": 1}});
    let (all, none) = (json!({"minAvailable": 1}), json!({"maxUnavailable": 0}));
    for (spec, least, field) in [
        (&all, None, "replicas: 2  # of the workload"),
        (&all, Some(autoscaler("web", 1)), "minReplicas: 2  # of the autoscaler"),
        (&all, Some(keda), "minReplicaCount: 2  # of the autoscaler"),
        (&none, None, "replicas: 2  # of the workload"),
    ] {
        let objects: Vec<Value> =
            [one.clone(), service("web"), ingress("web"), budget("web", spec)].into_iter().chain(least).collect();
        let help = first("disruption-blocked", &objects).help;
        assert!(help.contains(&format!("\n{field}\n")), "{help}");
        // A budget has one of both fields.
        assert_eq!(help.contains("instead of minAvailable"), spec == &all, "{help}");
    }
}
