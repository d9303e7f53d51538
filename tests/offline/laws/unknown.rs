//! Law 2: unknown is an answer, and never a denial.

use no502::engine;
use no502::inventory::World;
use no502::units::Level;
use serde_json::json;

use super::cluster::{Cluster, TODAY};
use super::objects::{annotated, changed, deployment, ingress, ingress_to, object, service, without};

#[test]
fn a_service_that_was_never_seen_is_pending_and_only_warns_even_in_strict() {
    for profile in ["baseline", "strict"] {
        let answer = Cluster::enforcing(profile).create(&ingress("web")).warns_of("backend-service-missing");
        let lines = answer.warned("backend-service-missing");
        assert!(lines.iter().all(|line| line.contains("pending")), "{lines:?}");
    }
}

#[test]
fn a_port_name_that_no_workload_declares_yet_is_pending() {
    let named = changed(service("web"), "/spec/ports/0/targetPort", json!("grpc"));
    Cluster::enforcing("strict").create(&named).silent();
    let answer = Cluster::enforcing("strict").with([deployment("web")]).create(&named).warns_of("target-port-unresolved");
    assert!(answer.warned("target-port-unresolved")[0].contains("pending"));
}

#[test]
fn what_is_pending_is_an_error_where_the_input_is_complete() {
    let cluster = Cluster::enforcing("baseline").with([ingress("web")]);
    let profile = cluster.plan.profile("baseline").expect("a profile");
    let level = |is_complete| {
        let world = World::from(&cluster.inventory);
        let outcome = engine::survey(&world, &object(&ingress("web")), profile, &cluster.plan, TODAY, is_complete);
        let found = outcome.spoken.iter().find(|spoken| spoken.finding.rule == "backend-service-missing");
        found.expect("a finding").level
    };
    assert_eq!((level(false), level(true)), (Level::Warning, Level::Error));
}

#[test]
fn a_service_that_is_there_without_the_port_is_certain_and_is_refused() {
    let cluster = Cluster::enforcing("baseline").with([service("web")]);
    cluster.create(&ingress_to("web", &[("/", "web", 81)])).denied_for("backend-port-missing");
}

#[test]
fn the_watch_that_delivers_the_faulty_neighbour_later_makes_it_certain() {
    let late = Cluster::enforcing("baseline");
    late.create(&ingress_to("web", &[("/", "web", 81)])).passes();
    let late = late.with([ingress_to("web", &[("/", "web", 81)])]);
    let id = object(&ingress("web")).id;
    assert!(engine::review(&id, &late.inventory, &late.plan, TODAY).is_empty(), "pending is not said late");
    let late = late.with([service("web")]);
    let found = engine::review(&id, &late.inventory, &late.plan, TODAY);
    let rules: Vec<&str> = found.iter().map(|spoken| spoken.finding.rule).collect();
    assert_eq!(rules, ["backend-port-missing"]);
}

#[test]
fn the_annotations_of_a_gateway_that_nobody_knows_are_not_judged() {
    let unread = annotated(ingress("web"), &[("nginx.ingress.kubernetes.io/proxy-read-timeout", "120s")]);
    let cluster = || Cluster::enforcing("strict").with([deployment("web"), service("web")]);
    cluster().create(&unread).denied_for("value-ignored");
    cluster().create(&changed(unread.clone(), "/spec/ingressClassName", json!("internal"))).passes();
    cluster().create(&without(unread, "/spec/ingressClassName")).passes();
}

#[test]
fn a_global_setting_that_cannot_be_seen_is_no_ground_for_a_fix() {
    let gateways = "gateways: [{class: other, dialect: ingress-nginx, configMap: ingress-nginx/controller}]";
    let text = format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{gateways}\n");
    let mut cluster = Cluster::enforcing("strict").with([deployment("web"), service("web")]);
    let raw = changed(ingress("web"), "/spec/ingressClassName", json!("other"));
    let create = super::cluster::review("CREATE", Some(&raw), None);
    cluster.plan = no502::engine::Plan::parse(&text).expect("a policy");
    assert!(cluster.mutate(&create).patch().is_none(), "the ConfigMap was not seen");
    let seen = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "controller", "namespace": "ingress-nginx"}, "data": {}});
    let cluster = cluster.with([seen]);
    assert!(cluster.mutate(&create).patch().is_some(), "the ConfigMap was seen, and is empty");
}
