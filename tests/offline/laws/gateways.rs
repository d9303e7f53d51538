//! Law 3 over routes of the Gateway API: what they use may lie in other namespaces, and what serves them in none.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{NAMESPACE, changed, deployment, first, killed_at_once, service};

/// The namespace of the routes, which is not that of their Services.
const FRONT: &str = "front";

fn gateway_class() -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "eg"},
        "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}})
}

fn gateway(listeners: &[&str]) -> Value {
    let of =
        |name: &&str| json!({"name": name, "protocol": "HTTP", "port": 80, "allowedRoutes": {"namespaces": {"from": "All"}}});
    let listeners: Vec<Value> = listeners.iter().map(of).collect();
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "edge", "namespace": NAMESPACE},
        "spec": {"gatewayClassName": "eg", "listeners": listeners}})
}

fn grant() -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant", "metadata": {"name": "front", "namespace": NAMESPACE},
        "spec": {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": FRONT}], "to": [{"group": "", "kind": "Service"}]}})
}

/// A route of a namespace to port 80 of the Service `web`, on one listener.
fn route(namespace: &str, listener: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "web", "namespace": namespace},
    "spec": {
        "parentRefs": [{"name": "edge", "namespace": NAMESPACE, "sectionName": listener}],
        "hostnames": ["shop.example.com"],
        "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "backendRefs": [{"name": "web", "namespace": NAMESPACE, "port": 80}]}],
    }})
}

/// A whole cluster: everything but the route is in the namespace that is asked about.
fn routed(profile: &str) -> Cluster {
    let all = [gateway_class(), gateway(&["web", "other"]), grant(), deployment("web"), service("web"), route(FRONT, "web")];
    Cluster::enforcing(profile).with(all)
}

#[test]
fn a_service_that_goes_names_the_route_of_another_namespace() {
    for profile in ["baseline", "strict"] {
        let answer = routed(profile).delete(&service("web")).warns_of("backend-service-missing");
        let lines = answer.warned("backend-service-missing");
        assert!(lines.len() == 1 && lines[0].contains("HTTPRoute"), "{lines:?}");
    }
}

#[test]
fn a_port_that_goes_is_refused_in_strict_for_a_route_of_another_namespace() {
    let moved = changed(service("web"), "/spec/ports/0/port", json!(8080));
    routed("baseline").update(&service("web"), &moved).warns_of("backend-port-missing");
    let answer = routed("strict").update(&service("web"), &moved).denied_for("backend-port-missing");
    assert!(answer.denial().contains("HTTPRoute front/web"), "{}", answer.denial());
    let both = json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "new", "port": 8080, "targetPort": "http"}]);
    let answer = routed("strict").update(&service("web"), &changed(service("web"), "/spec/ports", both)).passes();
    assert!(answer.warned("backend-port-missing").is_empty(), "{answer:?}");
}

#[test]
fn a_listener_that_goes_names_the_routes_that_hang_on_it() {
    let before = gateway(&["web", "other"]);
    let answer = routed("strict").update(&before, &gateway(&["other"])).warns_of("parent-missing");
    assert!(answer.warned("parent-missing")[0].contains("HTTPRoute"), "{answer:?}");
    let answer = routed("strict").update(&before, &gateway(&["web"])).passes();
    assert!(answer.warned("parent-missing").is_empty(), "{answer:?}");
}

#[test]
fn a_class_that_goes_names_its_gateways_and_is_never_refused() {
    // What lives in no namespace is judged by the defaults of the policy.
    let all = [gateway_class(), gateway(&["web"]), service("web"), route(FRONT, "web")];
    let cluster = Cluster::new("defaults: {enforce: strict}", &[]).with(all);
    let answer = cluster.delete(&gateway_class()).warns_of("class-unknown");
    assert!(answer.warned("class-unknown")[0].contains("Gateway"), "{answer:?}");
    let other = changed(gateway_class(), "/metadata/name", json!("other"));
    let answer = cluster.with([other.clone()]).delete(&other).passes();
    assert!(answer.warned("class-unknown").is_empty(), "{answer:?}");
}

#[test]
fn a_gateway_of_a_class_that_may_still_come_is_let_in_with_a_word() {
    Cluster::enforcing("strict").create(&gateway(&["web"])).warns_of("class-unknown");
    let answer = Cluster::enforcing("strict").with([gateway_class()]).create(&gateway(&["web"])).passes();
    assert!(answer.warned("class-unknown").is_empty(), "{answer:?}");
}

#[test]
fn a_route_that_completes_the_way_to_an_old_fault_is_warned_with_it() {
    for profile in ["baseline", "strict"] {
        let whole = [gateway_class(), gateway(&["web"]), killed_at_once("web"), service("web")];
        let cluster = Cluster::enforcing(profile).with(whole);
        let answer = cluster.create(&route(NAMESPACE, "web")).warns_of("grace-zero");
        assert!(answer.warned("grace-zero")[0].contains("would route to Deployment web: "), "{answer:?}");
    }
}

#[test]
fn a_route_without_a_backend_is_refused_itself() {
    let empty = changed(route(NAMESPACE, "web"), "/spec/rules/0/backendRefs/0/weight", json!(0));
    let cluster = Cluster::enforcing("baseline").with([gateway_class(), gateway(&["web"]), service("web")]);
    cluster.create(&empty).denied_for("route-without-backend");
}

#[test]
fn a_policy_that_goes_names_the_routes_that_need_its_tls() {
    let scheme = "/spec/template/spec/containers/0/readinessProbe/httpGet/scheme";
    let policy = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}], "validation": {"hostname": "web.shop.svc"}}});
    let whole = [policy.clone(), changed(deployment("web"), scheme, json!("HTTPS"))];
    let answer = routed("strict").with(whole).delete(&policy).warns_of("backend-protocol-mismatch");
    assert!(answer.warned("backend-protocol-mismatch")[0].contains("HTTPRoute"), "{answer:?}");
}

#[test]
fn where_no_limit_holds_nothing_answers_for_it() {
    for (controller, status, said) in [
        ("gateway.envoyproxy.io/gatewayclass-controller", "504", "Clients get 504"),
        ("istio.io/gateway-controller", "none", "A request may wait for as long as the pod does"),
    ] {
        let class = changed(gateway_class(), "/spec/controllerName", json!(controller));
        let found = first("timeout-unset", &[class, gateway(&["web"]), route(NAMESPACE, "web")]);
        assert_eq!(found.status, status);
        assert!(found.why.contains(said), "{}", found.why);
    }
}
