//! Law 3: both ends are watched, and only the object at fault is refused.

use no502::engine::Plan;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{annotated, changed, deployment, ingress, ingress_to, killed_at_once, service};

#[test]
fn an_ingress_that_completes_a_route_to_a_faulty_deployment_is_warned_with_it() {
    for profile in ["baseline", "strict"] {
        let cluster = Cluster::enforcing(profile).with([killed_at_once("web"), service("web")]);
        let answer = cluster.create(&ingress("web")).warns_of("grace-zero");
        let lines = answer.warned("grace-zero");
        assert!(lines[0].contains("would route to Deployment web: "), "{profile}: {lines:?}");
        assert_eq!(lines.len(), 1);
    }
}

#[test]
fn a_service_that_completes_a_route_to_a_faulty_deployment_is_warned_with_it() {
    let cluster = Cluster::enforcing("strict").with([killed_at_once("web"), ingress("web")]);
    let answer = cluster.create(&service("web")).warns_of("grace-zero");
    assert!(answer.warned("grace-zero")[0].contains("would route to Deployment web: "));
}

#[test]
fn a_service_whose_selector_turns_to_a_faulty_deployment_is_warned_with_it() {
    let cluster = Cluster::enforcing("strict").with([killed_at_once("old"), deployment("web"), service("web"), ingress("web")]);
    let turned = changed(service("web"), "/spec/selector", json!({"app": "old"}));
    let answer = cluster.update(&service("web"), &turned).warns_of("grace-zero");
    assert!(answer.warned("grace-zero")[0].contains("would route to Deployment old: "));
}

#[test]
fn the_faulty_deployment_itself_is_refused_once_its_route_is_there() {
    let cluster = Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    let answer = cluster.create(&killed_at_once("web")).denied_for("grace-zero");
    assert!(answer.denial().contains("Deployment shop/web"));
}

#[test]
fn a_deployment_that_nothing_leads_to_is_not_spoken_of_in_baseline() {
    Cluster::enforcing("baseline").create(&killed_at_once("web")).silent();
}

#[test]
fn an_ingress_that_completes_a_route_through_a_faulty_service_is_warned_with_it() {
    let named = changed(service("web"), "/spec/ports/0/targetPort", json!("grpc"));
    let cluster = Cluster::enforcing("strict").with([deployment("web"), named]);
    let answer = cluster.create(&ingress("web")).warns_of("target-port-unresolved");
    assert!(answer.warned("target-port-unresolved")[0].contains("Service web"));
}

fn routed(profile: &str) -> Cluster {
    Cluster::enforcing(profile).with([deployment("web"), service("web"), ingress("web")])
}

#[test]
fn an_update_that_takes_a_used_port_away_warns_in_baseline() {
    let moved = changed(service("web"), "/spec/ports/0/port", json!(8080));
    let answer = routed("baseline").update(&service("web"), &moved).warns_of("backend-port-missing");
    assert!(answer.warned("backend-port-missing")[0].contains("Ingress web"));
    assert!(answer.denial().is_empty());
}

#[test]
fn an_update_that_takes_a_used_port_away_is_refused_in_strict_with_the_order_that_works() {
    let moved = changed(service("web"), "/spec/ports/0/port", json!(8080));
    let answer = routed("strict").update(&service("web"), &moved).denied_for("backend-port-missing");
    let text = answer.denial();
    assert!(text.contains("Ingress shop/web") && text.contains("shop.example.com/web"), "{text}");
    let places = ["1. add ", "2. move ", "3. remove "].map(|step| text.find(step).unwrap_or_else(|| panic!("{step}: {text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn the_order_that_works_passes_at_every_step_in_strict() {
    let old = service("web");
    let both = changed(old.clone(), "/spec/ports/0", json!({"name": "http", "port": 80, "targetPort": "http"}));
    let ports = json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "new", "port": 8080, "targetPort": "http"}]);
    let both = changed(both, "/spec/ports", ports);
    let last = changed(old.clone(), "/spec/ports", json!([{"name": "new", "port": 8080, "targetPort": "http"}]));
    routed("strict").update(&old, &both).passes();
    let (before, after) = (ingress("web"), ingress_to("web", &[("/web", "web", 8080)]));
    let cluster = routed("strict").with([both.clone()]);
    let answer = cluster.update(&before, &after).passes();
    assert!(answer.warned("backend-port-missing").is_empty());
    let answer = cluster.with([after]).update(&both, &last).passes();
    assert!(answer.warned("backend-port-missing").is_empty());
}

#[test]
fn a_deployment_that_drops_a_named_port_warns_in_baseline_and_is_refused_in_strict() {
    let port = "/spec/template/spec/containers/0/ports/0/name";
    let probe = "/spec/template/spec/containers/0/readinessProbe/httpGet/port";
    let dropped = changed(changed(deployment("web"), port, json!("web")), probe, json!("web"));
    let answer = routed("baseline").update(&deployment("web"), &dropped).warns_of("target-port-unresolved");
    assert!(answer.warned("target-port-unresolved")[0].contains("Service web"));
    let answer = routed("strict").update(&deployment("web"), &dropped).denied_for("target-port-unresolved");
    assert!(answer.denial().contains("Service shop/web"), "{}", answer.denial());
    assert!(answer.denial().contains("1. add "), "{}", answer.denial());
}

#[test]
fn a_new_deployment_without_the_port_that_a_service_names_is_warned_of_and_let_in() {
    let port = "/spec/template/spec/containers/0/ports/0/name";
    let probe = "/spec/template/spec/containers/0/readinessProbe/httpGet/port";
    let other = changed(changed(deployment("web"), port, json!("web")), probe, json!("web"));
    // The Service is at fault as much as the Deployment, and it is not the one that changes.
    let cluster = Cluster::enforcing("strict").with([service("web"), ingress("web")]);
    cluster.create(&other).warns_of("target-port-unresolved");
}

#[test]
fn what_was_broken_before_the_update_is_not_laid_at_its_door() {
    let astray = ingress_to("web", &[("/web", "web", 81)]);
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web"), astray]);
    let renumbered = changed(service("web"), "/spec/ports/0/port", json!(8080));
    cluster.update(&service("web"), &renumbered).warns_of("backend-port-missing");
}

#[test]
fn a_delete_is_never_refused_and_names_every_route_that_loses_its_backend() {
    for profile in ["baseline", "strict"] {
        let two = ingress_to("front", &[("/cart", "web", 80), ("/pay", "web", 80), ("/else", "other", 80)]);
        let cluster = Cluster::enforcing(profile).with([deployment("web"), service("web"), two]);
        let answer = cluster.delete(&service("web")).warns_of("backend-service-missing");
        let lines = answer.warned("backend-service-missing");
        assert_eq!(lines.len(), 2, "{lines:?}");
        for path in ["/cart", "/pay"] {
            let route = format!("Ingress front (shop.example.com{path})");
            assert!(lines.iter().any(|line| line.contains(&route)), "{route}: {lines:?}");
        }
    }
}

#[test]
fn a_delete_of_a_faulty_object_says_nothing_of_its_faults() {
    let bad = killed_at_once("web");
    let answer = Cluster::enforcing("strict").with([bad.clone(), service("web"), ingress("web")]).delete(&bad);
    // What it leaves behind is another matter.
    assert!(answer.warned("grace-zero").is_empty() && answer.is_allowed(), "{answer:?}");
    let astray = ingress_to("web", &[("/", "web", 81)]);
    Cluster::enforcing("strict").with([service("web"), astray.clone()]).delete(&astray).silent();
}

/// A part of a host that several Ingresses share.
fn part(name: &str, role: &str, class: &str, host: &str) -> Value {
    let whole = changed(ingress_to(name, &[(&format!("/{name}"), name, 80)]), "/spec/ingressClassName", json!(class));
    let whole = changed(whole, "/spec/rules/0/host", json!(host));
    annotated(whole, &[("nginx.org/mergeable-ingress-type", role)])
}

/// A master, its two minions, and a minion of another class.
fn shared_host(profile: &str) -> (Cluster, Value) {
    let gateways =
        "gateways: [{class: edge, dialect: f5-nginx, configMap: none}, {class: inner, dialect: f5-nginx, configMap: none}]";
    let minion = |name, class| part(name, "minion", class, "shop.example.com");
    let master = part("shop", "master", "edge", "shop.example.com");
    let mut cluster = Cluster::enforcing(profile);
    cluster.plan = Plan::parse(&format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{gateways}\n")).expect("a policy");
    cluster.plan.has_cluster = true;
    let all = [master.clone(), minion("cart", "edge"), minion("pay", "edge"), minion("inner", "inner")];
    (cluster.with(all), master)
}

#[test]
fn a_master_that_goes_or_stops_being_one_names_the_minions_that_it_leaves_and_is_never_refused() {
    for profile in ["baseline", "strict"] {
        let (cluster, master) = shared_host(profile);
        let alone = changed(master.clone(), "/metadata/annotations", json!({}));
        let moved = part("shop", "master", "edge", "market.example.com");
        let reclassed = part("shop", "master", "inner", "shop.example.com");
        let answers =
            [cluster.delete(&master)].into_iter().chain([alone, moved, reclassed].map(|to| cluster.update(&master, &to)));
        for answer in answers {
            let answer = answer.warns_of("parent-missing");
            let lines = answer.warned("parent-missing");
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[0].contains("Ingress cart: no master says what holds for shop."), "{lines:?}");
            assert!(lines[1].contains("Ingress pay: "), "{lines:?}");
        }
    }
}

#[test]
fn a_master_that_stays_one_says_nothing_of_its_minions() {
    let (cluster, master) = shared_host("strict");
    let renamed = changed(master.clone(), "/spec/tls", json!([{"hosts": ["shop.example.com"], "secretName": "shop"}]));
    let answer = cluster.update(&master, &renamed).passes();
    assert!(!answer.warnings().iter().any(|line| line.contains("Ingress cart") || line.contains("Ingress pay")), "{answer:?}");
    // Another master of the host stays.
    let second = part("second", "master", "edge", "shop.example.com");
    let answer = cluster.with([second]).delete(&master).passes();
    assert!(answer.warned("parent-missing").is_empty(), "{answer:?}");
    // Whoever had none before has lost nothing.
    let (cluster, _) = shared_host("strict");
    let other = part("market", "master", "edge", "market.example.com");
    let answer = cluster.with([other.clone()]).delete(&other).passes();
    assert!(answer.warned("parent-missing").is_empty(), "{answer:?}");
}
