//! Law 3 for network policies: whoever changes, a policy, a pod, a route or the labels of a namespace, is told who loses whom.

use no502::engine::{self, Plan};
use no502::inventory::World;
use no502::units::Level;
use serde_json::{Value, json};

use super::cluster::{Cluster, TODAY, review};
use super::objects::{changed, deployment, ingress, ingress_to, namespace, object, service};

const RULE: &str = "policy-blocks-gateway";
const GATEWAY: &str = "ingress-nginx";

/// A namespace of any name.
fn room(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// The gateway's own pods.
fn gateway() -> Value {
    let labels = json!({"app.kubernetes.io/name": GATEWAY, "app.kubernetes.io/component": "controller", "edge": "yes"});
    let moved = changed(deployment("controller"), "/metadata/namespace", json!(GATEWAY));
    changed(moved, "/spec/template/metadata/labels", labels)
}

fn network_policy(namespace: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

/// Lets nobody in.
fn deny() -> Value {
    network_policy("shop", "deny", &json!({"podSelector": {}}))
}

/// Lets in these, on the port of the pods.
fn allow(from: &Value) -> Value {
    let rule = json!({"from": [from], "ports": [{"port": 8080}]});
    network_policy("shop", "allow", &json!({"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [rule]}))
}

fn by_name() -> Value {
    json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": GATEWAY}}})
}

fn by_team() -> Value {
    json!({"namespaceSelector": {"matchLabels": {"team": "edge"}}})
}

/// A routed Deployment, a gateway whose pods are seen, and more.
fn shop(profile: &str, more: impl IntoIterator<Item = Value>) -> Cluster {
    let mut cluster = Cluster::enforcing(profile);
    let gateways = "gateways: [{class: nginx, dialect: ingress-nginx, namespace: ingress-nginx, configMap: none}]";
    cluster.plan = Plan::parse(&format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{gateways}\n")).expect("a policy");
    cluster.plan.has_cluster = true;
    let home = room(GATEWAY, &json!({"team": "edge", "no502.dev/enforce": profile}));
    cluster.with([deployment("web"), service("web"), ingress("web"), gateway(), home]).with(more)
}

#[test]
fn a_policy_that_locks_the_gateway_out_warns_since_another_one_may_follow() {
    for profile in ["baseline", "strict"] {
        let answer = shop(profile, []).create(&deny()).warns_of(RULE);
        let lines = answer.warned(RULE);
        assert!(
            lines[0].contains("NetworkPolicy deny: port 8080 of Deployment web") && lines[0].contains("pending"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
    shop("strict", [allow(&by_name())]).create(&deny()).silent();
}

#[test]
fn where_nothing_else_will_come_it_is_an_error() {
    let cluster = shop("baseline", [deny()]);
    let profile = cluster.plan.profile("baseline").expect("a profile");
    let level = |is_complete| {
        let world = World::from(&cluster.inventory);
        let outcome = engine::survey(&world, &object(&deployment("web")), profile, &cluster.plan, TODAY, is_complete);
        outcome.spoken.iter().find(|spoken| spoken.finding.rule == RULE).expect("a finding").level
    };
    assert_eq!((level(false), level(true)), (Level::Warning, Level::Error));
}

#[test]
fn the_policy_that_lets_the_gateway_in_may_go_and_names_the_pods_that_it_leaves() {
    for profile in ["baseline", "strict"] {
        let cluster = shop(profile, [deny(), allow(&by_name())]);
        let answer = cluster.delete(&allow(&by_name())).warns_of(RULE);
        assert!(answer.warned(RULE)[0].contains("port 8080 of Deployment web is closed to"), "{answer:?}");
        let other_port = changed(allow(&by_name()), "/spec/ingress/0/ports/0/port", json!(80));
        cluster.update(&allow(&by_name()), &other_port).warns_of(RULE);
        cluster.delete(&deny()).passes();
    }
    // Nobody isolates the pods then.
    shop("strict", [allow(&by_name())]).delete(&allow(&by_name())).silent();
}

#[test]
fn pods_and_routes_that_come_to_a_closed_door_are_warned_of_and_let_in() {
    let cluster = shop("strict", [deny()]);
    cluster.create(&ingress_to("second", &[("/second", "web", 80)])).warns_of(RULE);
    let answer = cluster.create(&deployment("web")).warns_of(RULE);
    assert!(answer.warned(RULE)[0].contains("NetworkPolicy deny"), "{answer:?}");
}

#[test]
fn pods_that_lose_the_label_by_which_the_gateway_is_let_in_are_warned_of() {
    let label = |value: &str| changed(deployment("web"), "/spec/template/metadata/labels/edge", json!(value));
    let chosen = changed(allow(&by_name()), "/spec/podSelector/matchLabels", json!({"edge": "open"}));
    let cluster = shop("strict", [deny(), chosen, label("open")]);
    cluster.update(&label("open"), &label("closed")).warns_of(RULE);
    assert!(cluster.update(&label("closed"), &label("open")).warned(RULE).is_empty());
}

#[test]
fn a_policy_that_locks_the_gateway_in_names_the_pods_of_all_its_routes() {
    let spec = json!({"podSelector": {}, "policyTypes": ["Egress"]});
    let lock = network_policy(GATEWAY, "lock", &spec);
    let answer = shop("strict", []).create(&lock).warns_of(RULE);
    assert!(answer.warned(RULE)[0].contains("NetworkPolicy lock: port 8080 of Deployment web"), "{answer:?}");
    let open = changed(lock, "/spec/egress", json!([{"to": [{"namespaceSelector": {}}]}]));
    shop("strict", []).create(&open).silent();
}

#[test]
fn a_gateway_whose_pods_lose_the_label_by_which_they_are_let_in_is_warned_of() {
    let peer = json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {"edge": "yes"}}});
    let other = changed(gateway(), "/spec/template/metadata/labels/edge", json!("no"));
    shop("strict", [deny(), allow(&peer)]).update(&gateway(), &other).warns_of(RULE);
    let relabelled = changed(gateway(), "/spec/template/metadata/labels/team", json!("edge"));
    assert!(shop("strict", [deny(), allow(&peer)]).update(&gateway(), &relabelled).passes().warned(RULE).is_empty());
}

#[test]
fn other_labels_of_a_namespace_are_answered_by_those_who_choose_by_them() {
    let (edge, none) = (room(GATEWAY, &json!({"team": "edge"})), room(GATEWAY, &json!({"team": "none"})));
    let cluster = shop("strict", [deny(), allow(&by_team()), edge.clone()]);
    let answer = cluster.update(&edge, &none).warns_of(RULE);
    assert!(answer.warned(RULE)[0].contains("port 8080 of Deployment web"), "{answer:?}");
    // What was closed before, and labels by which nobody chooses, are no news.
    cluster.update(&none, &edge).silent();
    cluster.update(&edge, &room(GATEWAY, &json!({"team": "edge", "tier": "one"}))).silent();
    shop("strict", [deny(), allow(&by_name()), edge.clone()]).update(&edge, &none).silent();
}

#[test]
fn a_namespace_that_loses_the_label_of_a_listener_is_told_of_its_routes() {
    let from = json!({"from": "Selector", "selector": {"matchLabels": {"edge": "yes"}}});
    let listener = json!({"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": {"namespaces": from}});
    let gateway = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "edge", "namespace": "edge"},
        "spec": {"gatewayClassName": "eg", "listeners": [listener]}});
    let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"parentRefs": [{"name": "edge", "namespace": "edge"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}});
    let enforce = ("no502.dev/enforce", "baseline");
    let (with, without) = (namespace(&[enforce, ("edge", "yes")]), namespace(&[enforce]));
    let cluster = shop("baseline", [gateway, route, with.clone()]);
    let answer = cluster.update(&with, &without).warns_of("parent-missing");
    assert!(answer.warned("parent-missing")[0].contains("HTTPRoute web"), "{answer:?}");
    assert!(cluster.update(&without, &with).passes().warned("parent-missing").is_empty());
}

#[test]
fn more_pods_than_one_answer_judges_are_said_to_be_more() {
    let all = (0..300).flat_map(|index| {
        let name = format!("web-{index}");
        [deployment(&name), service(&name), ingress(&name)]
    });
    let closed = changed(allow(&by_team()), "/spec/podSelector", json!({}));
    let (edge, none) = (room(GATEWAY, &json!({"team": "edge"})), room(GATEWAY, &json!({"team": "none"})));
    let outcome = shop("baseline", all).with([closed, edge.clone()]).outcome(&review("UPDATE", Some(&none), Some(&edge)));
    assert_eq!((outcome.was_cut, outcome.spoken.len()), (true, 256));
}
