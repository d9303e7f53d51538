//! `no502 effective` as people run it.

use serde_json::Value;

use crate::cli::{Ran, parsed, run, run_with};

const ROUTES: &str = "effective/routes.yaml";
const PLAIN: &str = "effective/plain.yaml";
const CONFIG_MAP: &str = "effective/config-map.yaml";
const GATEWAY_API: &str = "effective/gateway-api.yaml";
const POLICY: &str = "effective/policy.yaml";

fn effective(args: &[&str]) -> Ran {
    run(&[&["effective"], args].concat())
}

/// A setting of the only object of a report.
fn setting<'r>(report: &'r Value, name: &str) -> &'r Value {
    let settings = report["objects"][0]["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

#[test]
fn what_holds_as_text() {
    let ran = effective(&[ROUTES, CONFIG_MAP, "--policy", POLICY]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!("text", ran.out);
    insta::assert_snapshot!("text_without_policy", effective(&[PLAIN]).out);
    insta::assert_snapshot!("gateway_api", effective(&[GATEWAY_API]).out);
    insta::assert_snapshot!("text_without_config_map", effective(&[PLAIN, "--policy", POLICY]).out);
}

#[test]
fn what_holds_as_json() {
    let ran = effective(&[ROUTES, CONFIG_MAP, "--policy", POLICY, "--object", "Ingress/web", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let version = format!("\"version\": \"{}\",\n  \"objects\"", env!("CARGO_PKG_VERSION"));
    assert!(ran.out.contains(&version), "{}", ran.out);
    insta::assert_snapshot!("json", ran.out.replace(&version, "\"version\": \"VERSION\",\n  \"objects\""));
}

#[test]
fn one_object_is_chosen_by_its_kind_namespace_and_name() {
    for (object, name) in [
        ("Ingress/shop/web", "web"),
        ("ingress/shop/calls", "calls"),
        ("ingresses/reports", "reports"),
        ("ing/office/reports", "reports"),
    ] {
        let report = parsed(&effective(&[ROUTES, "--object", object, "--format", "json"]));
        let names: Vec<&Value> = report["objects"].as_array().unwrap().iter().map(|own| &own["object"]["name"]).collect();
        assert_eq!(names, [name], "{object}");
    }
}

#[test]
fn what_cannot_be_shown_ends_with_2_and_says_what_there_is() {
    for (args, said) in [
        (&[ROUTES, "--object", "Ingress/shop/webb"][..], "no Ingress shop/webb in the input; did you mean Ingress/shop/web?"),
        (&[ROUTES, "--object", "Ingress/home/reports"], "did you mean Ingress/office/reports?"),
        (&[ROUTES, "--object", "Ingress/something"], "there is Ingress/office/reports, Ingress/shop/calls, Ingress/shop/web"),
        (
            &[ROUTES, "--object", "Deployment/web"],
            "Deployment declares no routes; write KIND/NAMESPACE/NAME with one of GRPCRoute, HTTPRoute, Ingress, TLSRoute, VirtualServer, VirtualServerRoute",
        ),
        (&[ROUTES, "--object", "web"], "write KIND/NAMESPACE/NAME or KIND/NAME"),
        (&[PLAIN, "effective/no-such-file.yaml", "--object", "Ingress/web"], "no502: effective/no-such-file.yaml: unreadable: "),
        (&[CONFIG_MAP], "there is no Ingress, VirtualServer, VirtualServerRoute or route of the Gateway API in the input"),
        (&[ROUTES, "--policy", "no-such-policy.yaml"], "no-such-policy.yaml: "),
        (&[], "required"),
    ] {
        let ran = effective(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
    let ran = effective(&[PLAIN, "effective/no-such-file.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.out.contains("Ingress shop/plain") && ran.out.contains("no-such-file.yaml: unreadable: "), "{}", ran.out);
}

/// An Ingress with this line among its annotations, and what else is to stand beside it.
fn with(annotation: &str, class: &str, beside: &str) -> Value {
    let input = format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n    nginx.ingress.kubernetes.io/{annotation}\nspec:\n  {class}\n---\n{beside}"
    );
    parsed(&run_with(&input, &["effective", "--format", "json", "-"]))
}

#[test]
fn the_ingress_class_tells_the_gateway_where_no_policy_does() {
    let class = |controller: &str, default: bool| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: public\n  annotations:\n    \
             ingressclass.kubernetes.io/is-default-class: \"{default}\"\nspec:\n  controller: {controller}\n"
        )
    };
    let named = "ingressClassName: public";
    let nginx = "k8s.io/ingress-nginx";
    for (own, beside, dialect, basis, from) in [
        (named, class(nginx, false), Some("ingress-nginx"), "ingressClass", "as its IngressClass says"),
        ("rules: []", class(nginx, true), Some("ingress-nginx"), "ingressClass", "class public"),
        ("rules: []", class(nginx, false), None, "nobody", "names no class"),
        (named, class("traefik.io/ingress-controller", false), None, "nobody", "traefik.io/ingress-controller"),
        (named, String::new(), None, "nobody", "neither a policy nor an IngressClass"),
        ("ingressClassName: nginx", String::new(), Some("ingress-nginx"), "assumed", "assumed"),
    ] {
        let report = with("proxy-body-size: 8m", own, &beside);
        let gateway = &report["objects"][0]["gateway"];
        assert_eq!((gateway["dialect"].as_str(), gateway["basis"].as_str()), (dialect, Some(basis)), "{gateway:#}");
        assert!(gateway["from"].as_str().unwrap().contains(from), "{gateway:#}");
        let source = if dialect.is_none() {
            "unknown"
        } else if basis == "assumed" {
            "gatewayDefault"
        } else {
            "presumed"
        };
        assert_eq!(setting(&report, "read")["source"], source);
        // Without a gateway there is nothing to sum up.
        assert_eq!(report["objects"][0]["timeline"]["waits"].as_array().unwrap().is_empty(), dialect.is_none());
    }
}

#[test]
fn what_is_not_known_says_why() {
    let nginx = "ingressClassName: nginx";
    for (annotation, name, source, from) in [
        ("proxy-read-timeout: \"-5\"", "read", "unknown", "breaks on what is written"),
        ("proxy-next-upstream: error,timeout", "retryConditions", "unknown", "depends on its version"),
        ("ssl-passthrough: \"true\"", "read", "unknown", "TLS may pass through"),
        ("backend-protocol: FCGI", "read", "unknown", "no502 does not know it for this protocol"),
        ("backend-protocol: HTTPS", "request", "absent", "has no such setting"),
        ("backend-protocol: GRPC", "request", "absent", "has no such setting"),
        ("backend-protocol: GRPC", "connect", "unknown", "depends on the version for plain gRPC"),
        ("backend-protocol: GRPC", "retryTries", "gatewayDefault", "fixed by ingress-nginx for plain gRPC"),
        ("proxy-read-timeout: 60s", "read", "gatewayDefault", "since \"60s\" is ignored"),
    ] {
        let report = with(annotation, nginx, "");
        let found = setting(&report, name);
        assert_eq!(found["source"], source, "{annotation}: {found:#}");
        assert_eq!(found["value"].is_null(), source != "gatewayDefault", "{annotation}: {found:#}");
        assert!(found["from"].as_str().unwrap().contains(from), "{annotation}: {found:#}");
    }
}

#[test]
fn the_same_input_in_another_order_gives_the_same_answer() {
    let policy = ["--policy", POLICY, "--format", "json"];
    let once = effective(&[&[ROUTES, CONFIG_MAP, PLAIN], &policy[..]].concat());
    let again = effective(&[&[PLAIN, CONFIG_MAP, ROUTES], &policy[..]].concat());
    assert_eq!(parsed(&once)["objects"].as_array().unwrap().len(), 4);
    assert!(once.out == again.out, "{}\n{}", once.out, again.out);
}

#[test]
fn the_policy_tells_who_leaves_before_the_gateway_answers() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let gateway = "gateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]";
    for (front, said) in [
        ("clients: {timeout: 200s}", "after 200 s  the client leaves, and every error above comes earlier (clients.timeout"),
        ("clients: {timeout: 100s}", "does not wait for the end of send of GET, read of GET (clients.timeout"),
        ("clients: {timeout: 10s}", "does not wait for the end of connect, send, read (clients.timeout"),
        ("loadBalancer: {layer: 4, idleTimeout: 60s}", "the load balancer closes the connection and does not wait"),
        ("loadBalancer: {layer: 7, idleTimeout: 60s}", "after 60 s of silence  the load balancer answers 504 itself and"),
    ] {
        std::fs::write(&policy, format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{front}\n{gateway}\n")).unwrap();
        let ran = effective(&[PLAIN, "--policy", &policy.display().to_string()]);
        assert!(ran.out.contains(said), "{front}\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn the_config_map_may_have_writes_sent_again() {
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: controller, namespace: ingress-nginx}\ndata:\n  ";
    let ingress =
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {ingressClassName: nginx}\n---\n";
    for (key, requests) in [
        ("retry-non-idempotent: \"true\"", &["all"][..]),
        ("retry-non-idempotent: \"false\"", &["idempotent", "nonIdempotent"]),
        ("proxy-next-upstream: \"error\"", &["all"]),
    ] {
        let ran = run_with(&format!("{ingress}{config}{key}"), &["effective", "--format", "json", "--policy", POLICY, "-"]);
        let waits = parsed(&ran)["objects"][0]["timeline"]["waits"].clone();
        let reads = waits.as_array().unwrap().iter().filter(|wait| wait["timeout"] == "read");
        let reads: Vec<&str> = reads.map(|wait| wait["requests"].as_str().unwrap()).collect();
        assert_eq!(reads, requests, "{key}\n{waits:#}");
    }
}

#[test]
fn each_rule_of_a_route_is_an_entry_of_its_own() {
    let report = parsed(&effective(&[GATEWAY_API, "--object", "HTTPRoute/shop/on-eg", "--format", "json"]));
    let rules: Vec<&Value> = report["objects"].as_array().unwrap().iter().map(|own| &own["rule"]).collect();
    assert_eq!(rules, ["reports", "/"]);
    let gateway = &report["objects"][0]["gateway"];
    assert_eq!(
        (&gateway["dialect"], &gateway["class"], &gateway["basis"]),
        (&"envoy-gateway".into(), &"eg".into(), &"gatewayClass".into())
    );
    // The limit of the request ends a wait that no timeout of a step ends.
    let waits = report["objects"][1]["timeline"]["waits"].as_array().unwrap();
    let told: Vec<_> = waits.iter().map(|wait| (&wait["timeout"], &wait["total"], &wait["presumed"])).collect();
    assert_eq!(told, [(&"connect".into(), &"10s".into(), &true.into()), (&"request".into(), &"15s".into(), &true.into())]);
}
