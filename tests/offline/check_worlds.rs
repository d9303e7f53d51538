//! Which objects of several files `no502 check` takes for one world.

use std::path::Path;

use serde_json::Value;

use crate::cli::{parsed, run_in};

const SHOP: &str = "namespace: shop";

/// Writes files below a folder.
fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The rule and the object of each finding, in their order.
fn found(files: &[(&str, &str)], args: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let report = parsed(&run_in(folder.path(), &[&["check", "--format", "json", "--profile", "strict"], args].concat()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |own: &Value| format!("{} {} {}", text(&own["rule"]), text(&own["file"]), text(&own["certainty"]));
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

fn deployment(name: &str, more: &str) -> String {
    let pods = format!(
        "template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: app, image: \"app:1\", ports: [{{containerPort: 80}}]}}]}}}}"
    );
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, {SHOP}}}\nspec: {{{more}selector: {{matchLabels: {{app: {name}}}}}, {pods}}}\n"
    )
}

fn service(name: &str, port: u16) -> String {
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
