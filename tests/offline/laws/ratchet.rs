//! Law 4: only what a change adds or makes worse can refuse it.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::objects::{annotated, changed, controlled, deployment, ingress, ingress_to, killed_at_once, service};

const GRACE: &str = "/spec/template/spec/terminationGracePeriodSeconds";
const PROBE_PORT: &str = "/spec/template/spec/containers/0/readinessProbe/httpGet/port";

/// A Deployment with many faults of old.
fn bad() -> Value {
    changed(killed_at_once("web"), PROBE_PORT, json!("no-such-port"))
}

fn with_bad(profile: &str) -> Cluster {
    Cluster::enforcing(profile).with([bad(), service("web"), ingress("web")])
}

#[test]
fn scaling_restarting_labelling_and_a_new_image_pass_with_the_faults_of_old_as_warnings() {
    let restarted =
        changed(bad(), "/spec/template/metadata/annotations", json!({"kubectl.kubernetes.io/restartedAt": "2026-11-21"}));
    let changes = [
        ("nothing", bad()),
        ("scale up", changed(bad(), "/spec/replicas", json!(9))),
        ("scale to nothing", changed(bad(), "/spec/replicas", json!(0))),
        ("restart", restarted),
        ("label", changed(bad(), "/metadata/labels", json!({"team": "checkout"}))),
        ("label of pods", changed(bad(), "/spec/template/metadata/labels/version", json!("2"))),
        ("image", changed(bad(), "/spec/template/spec/containers/0/image", json!("registry.example.com/web:1.4.3"))),
    ];
    for profile in ["baseline", "strict"] {
        with_bad(profile).create(&bad()).denied_for("grace-zero").denied_for("probe-port-unresolvable");
        for (what, after) in &changes {
            let answer = with_bad(profile).update(&bad(), after);
            assert!(answer.is_allowed(), "{what} in {profile}: {}", answer.denial());
            assert_eq!(answer.warned("grace-zero").len(), 1, "{what} in {profile}");
            assert_eq!(answer.warned("probe-port-unresolvable").len(), 1, "{what} in {profile}");
        }
    }
}

#[test]
fn a_new_fault_beside_an_old_one_is_refused_and_the_old_one_is_a_warning() {
    let cluster = Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    let answer = cluster.update(&killed_at_once("web"), &bad()).denied_for("probe-port-unresolvable");
    assert!(!answer.denial().contains("grace-zero"), "{}", answer.denial());
    assert_eq!(answer.warned("grace-zero").len(), 1);
}

#[test]
fn an_old_fault_that_gets_worse_by_its_measure_is_refused() {
    let at = |grace: u32| {
        let raw = changed(deployment("web"), "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", json!(30));
        annotated(changed(raw, GRACE, json!(grace)), &[("no502.dev/longest-request", "20s")])
    };
    let cluster = || Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    cluster().update(&at(20), &at(20)).warns_of("prestop-outlasts-grace");
    cluster().update(&at(20), &at(25)).warns_of("prestop-outlasts-grace");
    cluster().update(&at(20), &at(15)).denied_for("prestop-outlasts-grace");
}

#[test]
fn an_old_warning_that_becomes_an_error_is_refused() {
    let quick = changed(deployment("web"), GRACE, json!(10));
    let long = annotated(quick.clone(), &[("no502.dev/longest-request", "30s")]);
    let cluster = |labels: &[(&str, &str)]| Cluster::new("", labels).with([service("web"), ingress("web")]);
    let enforce = ("no502.dev/enforce", "baseline");
    cluster(&[enforce]).create(&quick).warns_of("prestop-outlasts-grace");
    cluster(&[enforce]).update(&quick, &long).denied_for("prestop-outlasts-grace");
    // Another mode, which called it an error all along, makes that no milder.
    let both = cluster(&[enforce, ("no502.dev/warn", "strict")]);
    both.update(&quick, &long).denied_for("prestop-outlasts-grace");
}

#[test]
fn containers_in_another_order_are_the_same_containers() {
    let sidecar = json!({"name": "proxy", "image": "registry.example.com/proxy:1"});
    let containers = |raw: &Value, order: [usize; 2]| {
        let both = [raw["spec"]["template"]["spec"]["containers"][0].clone(), sidecar.clone()];
        changed(raw.clone(), "/spec/template/spec/containers", json!(order.map(|index| both[index].clone())))
    };
    let (before, after) = (containers(&bad(), [0, 1]), containers(&bad(), [1, 0]));
    assert_ne!(before, after);
    for profile in ["baseline", "strict"] {
        let answer = with_bad(profile).update(&before, &after).passes();
        assert_eq!(answer.warned("probe-port-unresolvable").len(), 1);
    }
    // A third that is put first shifts the others, and is judged alone.
    let mut three = after.clone();
    let faulty = changed(bad()["spec"]["template"]["spec"]["containers"][0].clone(), "/name", json!("other"));
    three["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().insert(0, faulty);
    let answer = with_bad("baseline").update(&after, &three).denied_for("probe-port-unresolvable");
    let causes = answer.raw["response"]["status"]["details"]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert!(causes[0]["message"].as_str().unwrap().contains("other"), "{causes:?}");
}

#[test]
fn paths_in_another_order_are_the_same_paths() {
    let cluster = || Cluster::enforcing("baseline").with([service("web")]);
    let before = ingress_to("web", &[("/a", "web", 81), ("/b", "web", 80)]);
    cluster().create(&before).denied_for("backend-port-missing");
    cluster().update(&before, &ingress_to("web", &[("/b", "web", 80), ("/a", "web", 81)])).warns_of("backend-port-missing");
    let other = cluster().update(&before, &ingress_to("web", &[("/a", "web", 80), ("/b", "web", 81)]));
    other.denied_for("backend-port-missing");
}

#[test]
fn ports_in_another_order_are_the_same_ports() {
    let ports = |order: [&str; 2]| {
        let all = order.map(|name| json!({"name": name, "port": if name == "a" { 80 } else { 81 }, "targetPort": if name == "a" { "http" } else { "gone" }}));
        changed(service("web"), "/spec/ports", json!(all))
    };
    let cluster = Cluster::enforcing("strict").with([deployment("web")]);
    let answer = cluster.update(&ports(["a", "b"]), &ports(["b", "a"])).passes();
    assert_eq!(answer.warned("target-port-unresolved").len(), 1);
}

#[test]
fn an_object_on_its_way_out_is_always_let_go() {
    let leaving = changed(bad(), "/metadata/deletionTimestamp", json!("2026-11-21T10:00:00Z"));
    for profile in ["baseline", "strict"] {
        let cluster = Cluster::enforcing(profile).with([service("web"), ingress("web")]);
        cluster.update(&deployment("web"), &leaving).silent();
    }
}

#[test]
fn an_object_that_a_controller_owns_is_warned_at_most() {
    for profile in ["baseline", "strict"] {
        let cluster = Cluster::enforcing(profile).with([service("web"), ingress("web")]);
        cluster.create(&bad()).denied_for("grace-zero");
        cluster.create(&controlled(bad())).warns_of("grace-zero").warns_of("probe-port-unresolvable");
        cluster.update(&deployment("web"), &controlled(bad())).warns_of("grace-zero");
    }
    // An owner that does not control it changes nothing.
    let mut owned = controlled(bad());
    owned["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    Cluster::enforcing("baseline").with([service("web"), ingress("web")]).create(&owned).denied_for("grace-zero");
}

#[test]
fn a_label_that_brings_a_faulty_deployment_into_the_traffic_is_new() {
    let apart = changed(killed_at_once("web"), "/spec/template/metadata/labels", json!({"app": "other"}));
    let cluster = Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    cluster.update(&apart, &killed_at_once("web")).denied_for("grace-zero");
}
