//! Laws 10 and 11: admission reads memory only, and a dry run is judged as the real thing.

use no502::inventory::Inventory;
use serde_json::json;

use super::cluster::{Cluster, review};
use super::objects::{abrupt, changed, deployment, ingress, ingress_to, killed_at_once, service};

/// A cluster whose watch has delivered all but the namespace.
fn undelivered(policy: &str) -> Cluster {
    let mut cluster = Cluster::new(policy, &[]);
    cluster.inventory = Inventory::new();
    cluster.with([service("web"), ingress("web")])
}

#[test]
fn a_namespace_that_was_not_delivered_is_judged_by_the_defaults_and_told_so() {
    let answer = undelivered("defaults: {enforce: baseline}").create(&killed_at_once("web")).denied_for("grace-zero");
    let told = answer.warnings().join("\n");
    assert!(told.contains("the labels of namespace shop are not known yet") && told.contains("defaults"), "{told}");
    undelivered("").create(&killed_at_once("web")).passes();
}

#[test]
fn a_namespace_that_was_delivered_without_labels_is_known() {
    let cluster = Cluster::new("defaults: {enforce: baseline}", &[]).with([service("web"), ingress("web")]);
    cluster.create(&deployment("web")).silent();
}

#[test]
fn where_there_is_no_cluster_nobody_waits_for_labels() {
    let mut cluster = undelivered("defaults: {enforce: baseline}");
    cluster.plan.has_cluster = false;
    cluster.create(&deployment("web")).silent();
}

#[test]
fn what_lives_in_no_namespace_is_judged_by_the_defaults_without_a_word_about_labels() {
    let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}});
    let answer = Cluster::new("defaults: {enforce: strict}", &[]).create(&class).silent();
    assert_eq!(answer.annotation("profiles"), "enforce=strict");
}

#[test]
fn a_dry_run_is_answered_to_the_letter_as_the_real_thing() {
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web"), ingress("web")]);
    let astray = ingress_to("web", &[("/", "web", 81), ("/b", "nowhere", 80)]);
    let reviews = [
        review("CREATE", Some(&killed_at_once("web")), None),
        review("CREATE", Some(&abrupt("web")), None),
        review("CREATE", Some(&astray), None),
        review("UPDATE", Some(&changed(service("web"), "/spec/ports/0/port", json!(8080))), Some(&service("web"))),
        review("DELETE", None, Some(&service("web"))),
        review(
            "UPDATE",
            Some(&super::objects::namespace(&[("no502.dev/warn", "strict")])),
            Some(&super::objects::namespace(&[])),
        ),
    ];
    for real in reviews {
        let mut dry = real.clone();
        dry["request"]["dryRun"] = json!(true);
        assert_eq!(cluster.validate(&dry).raw, cluster.validate(&real).raw);
        assert_eq!(cluster.mutate(&dry).raw, cluster.mutate(&real).raw);
    }
}

#[test]
fn asking_twice_gives_the_same_answer() {
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web")]);
    let create = review("CREATE", Some(&ingress_to("web", &[("/", "web", 81), ("/b", "nowhere", 80)])), None);
    assert_eq!(cluster.validate(&create).raw, cluster.validate(&create).raw);
}
