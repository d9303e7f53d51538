//! What `no502 check` makes of files that a kustomization names.

use serde_json::Value;

use crate::check_worlds::{deployment, found, service, write};
use crate::cli::{Ran, parsed, run_in};

/// A run over files.
fn check(files: &[(&str, &str)], args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    run_in(folder.path(), &[&["check"], args].concat())
}

fn report(files: &[(&str, &str)], args: &[&str]) -> Value {
    parsed(&check(files, &[&["--format", "json"], args].concat()))
}

const PATCH: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n";

#[test]
fn patches_and_data_are_no_objects_and_the_root_is_named_with_its_command() {
    let base = deployment("web", "");
    let overlay = "resources: [../base]\npatches:\n- path: replicas.yaml\npatchesStrategicMerge: [more.yaml]\n\
                   configMapGenerator:\n- {name: manifests, files: [kept.yaml=data.yaml, text.yaml]}\n";
    let data = service("data", 80);
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &*base),
        ("my overlay/kustomization.yml", overlay),
        ("my overlay/replicas.yaml", PATCH),
        ("my overlay/more.yaml", PATCH),
        ("my overlay/data.yaml", &*data),
        ("my overlay/text.yaml", "{{ of any kind"),
    ];
    let ran = check(&files, &["--format", "json"]);
    assert_eq!(parsed(&ran)["summary"]["objects"], 1);
    assert_eq!(ran.code, 0);
    let told: Vec<&str> = ran.err.lines().collect();
    assert_eq!(told.len(), 2, "{}", ran.err);
    assert_eq!(told[1], "  kubectl kustomize './my overlay' | no502 check -");
    // The patches would be objects without the kustomization.
    assert_eq!(report(&files[3..6], &[])["summary"]["objects"], 3);
    assert_eq!(check(&files, &["--quiet", "--rule", "backend-service-missing"]).err, "");
}

#[test]
fn a_kustomization_of_which_comes_what_was_read_needs_no_other_command() {
    let web = deployment("web", "");
    let plain = [("a/kustomization.yaml", "namespace: shop\nresources: [web.yaml, ../b]\n"), ("a/web.yaml", &*web)];
    let below = [("b/Kustomization", "resources: [other.yaml]\n"), ("b/other.yaml", "kind: Nothing\n")];
    assert_eq!(check(&[plain, below].concat(), &[]).err, "");
    // What the input does not hold, and what is made.
    assert!(check(&plain, &[]).err.contains("kubectl kustomize ./a |"));
    let made = ("b/Kustomization", "resources: [other.yaml]\nnamePrefix: dev-\n");
    assert!(check(&[plain[0], plain[1], made, below[1]], &[]).err.contains("kubectl kustomize ./a |"));
}

#[test]
fn the_outermost_namespace_is_that_of_all_objects() {
    let (web, elsewhere) = (service("web", 80).replace(", namespace: shop", ""), deployment("web", ""));
    let files = [
        ("base/kustomization.yaml", "namespace: inner\nresources: [service.yaml, web.yaml]\n"),
        ("base/service.yaml", &*web),
        ("base/web.yaml", &*elsewhere),
        ("prod/kustomization.yaml", "namespace: outer\nresources: [../base]\n"),
    ];
    let namespaces = |files: &[(&str, &str)]| -> Vec<String> {
        let report = report(files, &["--rule", "prestop-missing", "--rule", "target-port-undeclared", "--profile", "strict"]);
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["object"]["namespace"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(namespaces(&files), ["outer"]);
    assert_eq!(namespaces(&files[..3]), ["inner"]);
    // Several ways lead to several namespaces: what is written stays.
    let both = [&files[..], &[("dev/kustomization.yaml", "namespace: dev\nresources: [../base]\n")]].concat();
    assert_eq!(namespaces(&both), ["shop"]);
}

#[test]
fn what_is_found_in_an_object_that_is_changed_later_is_pending() {
    let (web, other) = (service("web", 80) + &deployment("web", ""), service("other", 80) + &deployment("other", ""));
    let said = |kustomization: &str| {
        let files = [("kustomization.yaml", kustomization), ("other.yaml", &*other), ("patch.yaml", PATCH), ("web.yaml", &*web)];
        found(&files, &["--rule", "prestop-missing", "--complete"])
    };
    let certain = ["prestop-missing ./other.yaml certain", "prestop-missing ./web.yaml certain"];
    let pending = ["prestop-missing ./other.yaml certain", "prestop-missing ./web.yaml pending"];
    let resources = "resources: [web.yaml, other.yaml]\n";
    let with = |more: &str| said(&format!("{resources}{more}"));
    assert_eq!(with("patches: [{path: patch.yaml, target: {kind: StatefulSet}}]\n"), certain);
    for changes in [
        "patches: [{path: patch.yaml}]\n",
        "patches:\n- path: patch.yaml\n  target: {name: web}\n",
        "patches:\n- patch: |-\n    kind: Deployment\n    metadata: {name: web}\n    spec: {paused: false}\n",
        "patchesStrategicMerge: [patch.yaml]\n",
        "patchesJson6902: [{path: patch.yaml, target: {kind: Deployment, name: web}}]\n",
        "replacements: [{source: {kind: A}, targets: [{select: {kind: Deployment, name: web}}]}]\npatches: [{path: patch.yaml, target: {kind: A}}]\n",
        "replicas: [{name: web, count: 3}]\npatches: [{path: patch.yaml, target: {kind: A}}]\n",
    ] {
        assert_eq!(with(changes), pending, "{changes}");
    }
}

#[test]
fn a_component_changes_what_stands_beside_it() {
    let web = service("web", 80) + &deployment("web", "");
    let files = [
        ("kustomization.yaml", "resources: [web.yaml]\ncomponents: [extra]\n"),
        ("extra/kustomization.yaml", "kind: Component\npatches: [{path: patch.yaml}]\n"),
        ("extra/patch.yaml", PATCH),
        ("web.yaml", &*web),
    ];
    let rule = ["--rule", "prestop-missing"];
    assert_eq!(found(&files, &rule), ["prestop-missing ./web.yaml pending"]);
    let ran = check(&files, &rule);
    assert!(ran.err.contains("kustomize . |") && !ran.err.contains("extra"), "{}", ran.err);
}

#[test]
fn what_says_how_to_merge_it_is_a_patch_wherever_it_stands() {
    let delete = PATCH.replace("spec: {", "spec: {template: {spec: {containers: [{name: app, $patch: delete}]}}, ");
    assert_eq!(report(&[("patch.yaml", &delete)], &[])["summary"]["objects"], 0);
    assert_eq!(report(&[("patch.yaml", PATCH)], &[])["summary"]["objects"], 1);
}

#[test]
fn what_flux_calls_a_kustomization_is_none() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./web.yaml, prune: true}\n";
    let web = deployment("web", "");
    let ran = check(&[("kustomization.yaml", flux), ("web.yaml", &web)], &["--format", "json"]);
    assert_eq!((parsed(&ran)["summary"]["objects"].as_u64(), &*ran.err), (Some(1), ""));
}

#[test]
fn kustomizations_that_lead_in_a_circle_are_no_trouble() {
    let files = [("a/kustomization.yaml", "resources: [../b]\n"), ("b/kustomization.yaml", "resources: [../a, ../b, x.yaml]\n")];
    assert_eq!(check(&files, &[]).code, 0);
    let files = [files[0], files[1], ("c/kustomization.yaml", "resources: [../a]\n")];
    assert!(check(&files, &[]).err.contains("kubectl kustomize ./c"), "nothing ends");
}
