//! Which objects of several files `no502 check` takes for one world.

use std::path::Path;

use serde_json::Value;

use crate::cli::{parsed, run_in};

const SHOP: &str = "namespace: shop";

/// Writes files below a folder.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The rule and the object of each finding, in their order.
pub(crate) fn found(files: &[(&str, &str)], args: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let report = parsed(&run_in(folder.path(), &[&["check", "--format", "json", "--profile", "strict"], args].concat()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |own: &Value| format!("{} {} {}", text(&own["rule"]), text(&own["file"]), text(&own["certainty"]));
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

pub(crate) fn deployment(name: &str, more: &str) -> String {
    let pods = format!(
        "template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: app, image: \"app:1\", ports: [{{containerPort: 80}}]}}]}}}}"
    );
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, {SHOP}}}\nspec: {{{more}selector: {{matchLabels: {{app: {name}}}}}, {pods}}}\n"
    )
}

pub(crate) fn service(name: &str, port: u16) -> String {
    let spec = format!("{{type: LoadBalancer, selector: {{app: {name}}}, ports: [{{port: {port}}}]}}");
    format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, {SHOP}}}\nspec: {spec}\n")
}

fn ingress(service: &str) -> String {
    rival("web", service).replace("{name: web}", &format!("{{name: web, {SHOP}}}"))
}

fn autoscaler(name: &str) -> String {
    let target = format!("{{apiVersion: apps/v1, kind: Deployment, name: {name}}}");
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, {SHOP}}}\nspec: {{scaleTargetRef: {target}, minReplicas: 2, maxReplicas: 9}}\n"
    )
}

#[test]
fn what_stands_in_several_folders_is_there_for_everybody_else() {
    let route = ingress("web");
    let files = [("base/route.yaml", &*route), ("dev/web.yaml", &service("web", 80)), ("prod/web.yaml", &service("web", 80))];
    let rule = ["--rule", "backend-service-missing", "--complete"];
    assert_eq!(found(&files, &rule), [""; 0]);
    assert_eq!(found(&files[..1], &rule), ["backend-service-missing ./base/route.yaml certain"]);
}

#[test]
fn the_same_text_twice_is_no_alternative() {
    let rule = ["--rule", "backend-port-missing"];
    let (route, dev, prod) = (ingress("web"), service("web", 81), service("web", 81));
    let files = [("base/route.yaml", &*route), ("dev/web.yaml", &*dev), ("prod/web.yaml", &*prod)];
    assert_eq!(found(&files, &rule), ["backend-port-missing ./base/route.yaml pending"]);
    let namespace =
        |label: &str| format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{team: {label}}}}}\n");
    let (one, other) = (namespace("a") + &route, namespace("b") + &dev);
    assert_eq!(found(&[("route.yaml", &*one), ("web.yaml", &*other)], &rule), ["backend-port-missing ./route.yaml certain"]);
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let files = [("route.yaml", &*ingress("web")), ("web.yaml", &service("web", 81))];
    let args = ["--rule", "backend-port-missing", ".", "web.yaml", "./route.yaml"];
    assert_eq!(found(&files, &args), ["backend-port-missing ./route.yaml certain"]);
}

#[test]
fn one_of_several_alternatives_accuses_nobody() {
    let route = ingress("web");
    let files = [("base/route.yaml", &*route), ("dev/web.yaml", &service("web", 81)), ("prod/web.yaml", &service("web", 80))];
    let rule = ["--rule", "backend-port-missing"];
    assert_eq!(found(&files, &rule), [""; 0]);
    assert_eq!(found(&files[..2], &rule), ["backend-port-missing ./base/route.yaml pending"]);
    // The one of its own folder may.
    let near = [("dev/route.yaml", &*route), files[1], files[2]];
    assert_eq!(found(&near, &rule), ["backend-port-missing ./dev/route.yaml pending"]);
}

#[test]
fn files_that_hold_alternatives_of_one_object_do_not_accuse_each_other() {
    let (fixed, scaled) = (deployment("web", "replicas: 2, "), deployment("web", "") + &autoscaler("web"));
    let files = [("fixed.yaml", &*fixed), ("scaled.yaml", &*scaled)];
    let rule = ["--rule", "autoscaler-fights-replicas"];
    assert_eq!(found(&files, &rule), [""; 0]);
    let apart = [("fixed.yaml", &*fixed), ("scaled.yaml", &*autoscaler("web"))];
    assert_eq!(found(&apart, &rule), ["autoscaler-fights-replicas ./fixed.yaml certain"]);
}

/// An Ingress that leads the root of one host to a Service.
fn rival(name: &str, service: &str) -> String {
    let path = format!("{{path: /, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}");
    let spec = format!("{{ingressClassName: nginx, rules: [{{host: a.example.com, http: {{paths: [{path}]}}}}]}}");
    format!("---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

#[test]
fn what_is_related_is_shown_in_the_file_that_was_met() {
    let folder = tempfile::tempdir().unwrap();
    for (place, name, service) in [("a", "one", "elsewhere"), ("b", "one", "one"), ("b", "two", "two")] {
        std::fs::create_dir_all(folder.path().join(place)).unwrap();
        std::fs::write(folder.path().join(place).join(format!("{name}.yaml")), rival(name, service)).unwrap();
    }
    let args = ["check", "--format", "json", "--rule", "route-conflict"];
    let report = parsed(&run_in(folder.path(), &args));
    let mut own = report["findings"].as_array().unwrap().iter().filter(|finding| finding["object"]["name"] == "two");
    assert_eq!(own.next().unwrap()["related"][0]["file"], "./b/one.yaml");
}

#[test]
fn two_objects_from_different_files_may_be_alternatives_but_not_from_one() {
    let ingress = |name| rival(name, name);
    let folder = tempfile::tempdir().unwrap();
    let args = ["check", "--format", "json", "--profile", "strict", "--rule", "route-conflict"];
    let said = |args: &[&str]| -> Vec<String> {
        let report = parsed(&run_in(folder.path(), args));
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| format!("{} {}", finding["level"], finding["certainty"]).replace('"', "")).collect()
    };
    std::fs::write(folder.path().join("one.yaml"), ingress("one")).unwrap();
    std::fs::write(folder.path().join("two.yaml"), ingress("two")).unwrap();
    assert_eq!(said(&args), ["warning pending", "warning pending"]);
    assert_eq!(said(&[&args[..], &["--complete"]].concat()), ["error certain", "error certain"]);
    std::fs::remove_file(folder.path().join("two.yaml")).unwrap();
    std::fs::write(folder.path().join("one.yaml"), ingress("one") + &ingress("two")).unwrap();
    assert_eq!(said(&args), ["error certain", "error certain"]);
}

const TAKES_ALL: &str = "replicas: 3, strategy: {rollingUpdate: {maxUnavailable: 100%, maxSurge: 0}}, ";

#[test]
fn who_brings_requests_to_a_workload_accuses_it_as_others_do() {
    let (web, behind) = (deployment("web", TAKES_ALL), service("web", 80));
    let inside = behind.replace("type: LoadBalancer, ", "");
    let rule = ["--rule", "rollout-takes-all"];
    for (whole, own, here, there) in [
        // The Service selects the pods in one folder, and others in another.
        (web.clone() + &behind, web.clone(), behind.clone(), behind.replace("{app: web}", "{app: shop}")),
        // The route leads to the Service in one folder, and elsewhere in another.
        (web.clone() + &inside + &ingress("web"), web + &inside, ingress("web"), ingress("shop")),
    ] {
        let files = [("a/web.yaml", &*own), ("b/web.yaml", &*here), ("c/web.yaml", &*there)];
        assert_eq!(found(&files, &rule), [""; 0]);
        assert_eq!(found(&files[..2], &rule), ["rollout-takes-all ./a/web.yaml pending"]);
        let near = [("a/web.yaml", &*own), ("a/route.yaml", &*here), files[2]];
        assert_eq!(found(&near, &rule), ["rollout-takes-all ./a/web.yaml pending"]);
        let beside = [("a/web.yaml", &*whole), files[1], files[2]];
        assert_eq!(found(&beside, &rule), ["rollout-takes-all ./a/web.yaml certain"]);
    }
}

#[test]
fn what_brings_requests_is_shown_where_it_makes_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let inside = service("web", 80).replace("type: LoadBalancer, ", "");
    let related = |text: &str, rule: &str, profile: &str| -> Vec<String> {
        std::fs::write(folder.path().join("web.yaml"), text).unwrap();
        let args = ["check", "--format", "json", "--rule", rule, "--profile", profile];
        let report = parsed(&run_in(folder.path(), &args));
        let all = report["findings"][0]["related"].as_array().unwrap_or_else(|| panic!("{rule} says nothing: {report}"));
        all.iter().map(|own| format!("{} {}", own["object"]["kind"].as_str().unwrap(), own["note"].as_str().unwrap())).collect()
    };
    let web = deployment("web", TAKES_ALL);
    let by_service = "Service requests reach the pods by this Service";
    let by_route = [by_service, "Ingress leads requests to Service web"];
    let routed = web.clone() + &inside + &ingress("web");
    assert_eq!(related(&routed, "rollout-takes-all", "baseline"), by_route);
    assert_eq!(related(&(web.clone() + &service("web", 80)), "rollout-takes-all", "baseline"), [by_service]);
    // A Service that reaches outside by itself needs no route.
    assert_eq!(related(&(web.clone() + &service("web", 80) + &ingress("web")), "rollout-takes-all", "baseline"), [by_service]);
    // A warning accuses nobody of what has to be mended at once.
    assert_eq!(related(&(web + &inside), "rollout-takes-all", "baseline"), [""; 0]);
    // It declares a port, and that is enough for this profile; without one it takes the Service.
    let silent = routed.replace(", ports: [{containerPort: 80}]", "");
    assert_eq!(related(&routed, "prestop-missing", "strict"), [""; 0]);
    assert_eq!(related(&silent, "prestop-missing", "strict"), [by_service]);
}

#[test]
fn pods_of_another_folder_do_not_take_the_word_of_those_that_are_here() {
    let canary = deployment("canary", "").replace("{labels: {app: canary}}", "{labels: {app: web}}");
    let other = canary.replace("app:1", "app:2");
    for (rule, target) in [("target-port-unresolved", "http"), ("target-port-undeclared", "8080")] {
        let service = service("web", 80).replace("{port: 80}", &format!("{{port: 80, targetPort: {target}}}"));
        let own = deployment("web", "") + &service;
        let files = [("a/web.yaml", &*own), ("b/canary.yaml", &*canary), ("c/canary.yaml", &*other)];
        assert_eq!(found(&files, &["--rule", rule]), [format!("{rule} ./a/web.yaml pending")]);
        // Of pods that come from elsewhere alone nothing is said.
        let files = [("a/web.yaml", &*service), files[1], files[2]];
        assert_eq!(found(&files, &["--rule", rule]), [""; 0]);
    }
}

#[test]
fn a_policy_that_names_no_gateway_assumes_what_none_does() {
    let typo = "annotations: {nginx.ingress.kubernetes.io/proxy-read-timout: \"90\"}, ";
    let route = ingress("web").replace("metadata: {", &format!("metadata: {{{typo}"));
    let head = "apiVersion: no502.dev/v1alpha1\nkind: Policy\ndefaults: {enforce: baseline}\n";
    let class = |name| format!("gateways: [{{class: {name}, dialect: ingress-nginx, configMap: none}}]\n");
    let other =
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: example.com/other}\n";
    let rule = ["--rule", "key-unknown", "--policy", "policy"];
    let said = ["key-unknown ./route.yaml certain"];
    let (bare, own, another) = (head.to_owned(), head.to_owned() + &class("nginx"), head.to_owned() + &class("public"));
    assert_eq!(found(&[("policy", &*bare), ("route.yaml", &*route)], &rule), said);
    assert_eq!(found(&[("policy", &*own), ("route.yaml", &*route)], &rule), said);
    assert_eq!(found(&[("policy", &*another), ("route.yaml", &*route)], &rule), [""; 0]);
    // What a class says wins over what is assumed.
    assert_eq!(found(&[("policy", &*bare), ("route.yaml", &*route), ("class.yaml", other)], &rule), [""; 0]);
}

#[test]
fn with_per_dir_a_folder_sees_nothing_but_itself() {
    let (route, web) = (ingress("web"), service("web", 81));
    let files = [("app/route.yaml", &*route), ("app/service/web.yaml", &*web)];
    let rule = ["--rule", "backend-port-missing", "--rule", "backend-service-missing"];
    let with = |files: &[(&str, &str)], world| found(files, &[&rule[..], &["--world", world]].concat());
    assert_eq!(with(&files, "auto"), ["backend-port-missing ./app/route.yaml pending"]);
    assert_eq!(with(&files, "per-dir"), ["backend-service-missing ./app/route.yaml pending"]);
    let beside = [files[0], ("app/web.yaml", files[1].1), ("other/web.yaml", &*service("web", 80))];
    assert_eq!(with(&beside, "per-dir"), ["backend-port-missing ./app/route.yaml certain"]);
    assert_eq!(with(&beside, "auto"), ["backend-port-missing ./app/route.yaml pending"]);
}

#[test]
fn with_per_dir_each_of_many_folders_has_its_own_world() {
    let route = ingress("web");
    let folders: Vec<[(String, String); 2]> = (0..40)
        .map(|index| {
            let port = if index % 2 == 0 { 80 } else { 81 };
            [(format!("{index:02}/route.yaml"), route.clone()), (format!("{index:02}/web.yaml"), service("web", port))]
        })
        .collect();
    let files: Vec<(&str, &str)> = folders.iter().flatten().map(|(name, text)| (&**name, &**text)).collect();
    let expected: Vec<String> =
        (0..20).map(|half| format!("backend-port-missing ./{:02}/route.yaml certain", half * 2 + 1)).collect();
    assert_eq!(found(&files, &["--rule", "backend-port-missing", "--world", "per-dir"]), expected);
}

#[test]
fn with_all_there_are_no_doubts_between_folders() {
    let (route, web) = (ingress("web"), service("web", 81));
    let files = [("route/a.yaml", &*route), ("web/b.yaml", &*web)];
    let rule = ["--rule", "backend-port-missing"];
    assert_eq!(found(&files, &rule), ["backend-port-missing ./route/a.yaml pending"]);
    assert_eq!(found(&files, &[&rule[..], &["--world", "all"]].concat()), ["backend-port-missing ./route/a.yaml certain"]);
}

/// A route of the Gateway API in one namespace with its Gateway in another.
fn gateway_route(namespace: &str, more: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: web{namespace}}}\nspec:\n  \
         parentRefs: [{{name: edge, namespace: infra}}]\n  rules: [{{backendRefs: [{{name: web, port: 80{more}}}]}}]\n"
    )
}

fn gateway(namespace: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge{namespace}}}\nspec:\n  gatewayClassName: any\n  \
         listeners: [{{name: web, port: 80, protocol: HTTP, allowedRoutes: {{namespaces: {{from: All}}}}}}]\n"
    )
}

#[test]
fn what_names_no_namespace_is_missed_in_none() {
    let (route, nowhere, elsewhere) = (gateway_route(", namespace: shop", ""), gateway(""), gateway(", namespace: elsewhere"));
    let rule = ["--rule", "parent-missing", "--complete"];
    let files = |gateway| [("gateway.yaml", gateway), ("route.yaml", &*route)];
    assert_eq!(found(&files(&nowhere), &rule), [""; 0]);
    assert_eq!(found(&files(&elsewhere), &rule), ["parent-missing ./route.yaml certain"]);
    // Whoever says which namespace it is, is believed.
    let said = [&rule[..], &["--namespace", "default"]].concat();
    assert_eq!(found(&files(&nowhere), &said), ["parent-missing ./route.yaml certain"]);
}

#[test]
fn who_names_no_namespace_misses_nothing_that_another_one_has() {
    let (nowhere, shop) = (gateway_route("", ""), gateway_route(", namespace: shop", ""));
    let web = service("web", 80).replace("namespace: shop", "namespace: other");
    let rule = ["--rule", "backend-service-missing", "--complete"];
    assert_eq!(found(&[("route.yaml", &nowhere), ("web.yaml", &web)], &rule), [""; 0]);
    let missed = ["backend-service-missing ./route.yaml certain"];
    assert_eq!(found(&[("route.yaml", &shop), ("web.yaml", &web)], &rule), missed);
    // It says where it means.
    let written = gateway_route("", ", namespace: third");
    assert_eq!(found(&[("route.yaml", &written), ("web.yaml", &web)], &rule), missed);
    // And perhaps it is there itself.
    let beside = gateway_route("", ", namespace: other");
    let grant = ["--rule", "reference-not-granted", "--complete"];
    assert_eq!(found(&[("route.yaml", &beside), ("web.yaml", &web)], &grant), [""; 0]);
    let beside = gateway_route(", namespace: shop", ", namespace: other");
    assert_eq!(found(&[("route.yaml", &beside), ("web.yaml", &web)], &grant), ["reference-not-granted ./route.yaml certain"]);
}

#[test]
fn documents_that_kubectl_drops_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (web, api) = (deployment("web", ""), deployment("api", ""));
    write(folder.path(), &[("a.yaml", &format!("{web}...\n{}{api}", api.trim_start_matches("---\n")))]);
    let ran = run_in(folder.path(), &["check"]);
    let line = web.lines().count() + 2;
    assert!(ran.err.starts_with(&format!("no502: ./a.yaml:{line}:1: kubectl drops this document")), "{}", ran.err);
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
}
