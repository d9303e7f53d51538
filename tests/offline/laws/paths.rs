//! Two objects that only together lead requests astray are seen whichever of them comes last.

use no502::engine;
use no502::object::ObjectId;
use serde_json::{Value, json};

use super::cluster::{Cluster, TODAY};
use super::objects::{annotated, changed, ingress_to, namespace, object, service};

const HOST: &str = "/spec/rules/0/host";

fn stored(raw: Value, year: u16) -> Value {
    changed(raw, "/metadata/creationTimestamp", json!(format!("{year}-01-01T00:00:00Z")))
}

fn elsewhere(raw: Value) -> Value {
    changed(raw, "/metadata/namespace", json!("elsewhere"))
}

fn with_expressions(raw: Value) -> Value {
    annotated(raw, &[("nginx.ingress.kubernetes.io/use-regex", "true")])
}

fn path(name: &str, path: &str, path_type: &str) -> Value {
    changed(ingress_to(name, &[(path, name, 80)]), "/spec/rules/0/http/paths/0/pathType", json!(path_type))
}

/// Two objects, and the rule that speaks of both of them together.
fn pairs() -> Vec<(&'static str, Value, Value)> {
    let regex = with_expressions(path("web", "/()(.*)", "ImplementationSpecific"));
    let both = ingress_to("web", &[("/", "web", 80)]);
    let landing = changed(
        ingress_to("landing", &[("/", "landing", 80), ("/", "web", 80)]),
        "/spec/rules/0/http/paths/0/pathType",
        json!("Exact"),
    );
    vec![
        ("route-conflict", ingress_to("one", &[("/", "one", 80)]), ingress_to("two", &[("/", "two", 80)])),
        ("route-conflict", ingress_to("one", &[("/", "web", 80)]), elsewhere(both)),
        ("path-shadowed", path("api", "/api", "Prefix"), regex.clone()),
        ("path-shadowed", elsewhere(path("api", "/api", "Prefix")), regex),
        ("regex-spreads", landing, with_expressions(path("api", "/api/(.*)", "ImplementationSpecific"))),
    ]
}

fn cluster(profile: &str) -> Cluster {
    let elsewhere = changed(namespace(&[("no502.dev/enforce", profile)]), "/metadata/name", json!("elsewhere"));
    Cluster::enforcing(profile).with([elsewhere])
}

#[test]
fn whichever_of_two_comes_last_is_refused_in_strict_and_warned_of_in_baseline() {
    for (rule, one, other) in pairs() {
        for (first, last) in [(&one, &other), (&other, &one)] {
            let there = || [stored(first.clone(), 2024)];
            // A review is of the namespace of the small shop.
            if last["metadata"]["namespace"] == "elsewhere" {
                continue;
            }
            let alone = cluster("strict").create(last);
            assert!(!alone.denial().contains(rule) && alone.warned(rule).is_empty(), "{rule}: one alone is whole");
            cluster("strict").with(there()).create(last).denied_for(rule);
            cluster("baseline").with(there()).create(last).warns_of(rule);
        }
    }
}

#[test]
fn an_older_object_that_turns_against_a_younger_one_is_refused_too() {
    for (rule, one, other) in pairs() {
        let harmless = changed(other.clone(), HOST, json!("other.example.com"));
        if other["metadata"]["namespace"] == "elsewhere" {
            continue;
        }
        let cluster = cluster("strict").with([stored(one, 2025), stored(harmless.clone(), 2024)]);
        cluster.update(&stored(harmless, 2024), &stored(other, 2024)).denied_for(rule);
    }
}

#[test]
fn what_was_so_before_is_not_refused_again_and_a_deletion_never() {
    for (rule, one, other) in pairs() {
        if other["metadata"]["namespace"] == "elsewhere" {
            continue;
        }
        let other = stored(other, 2024);
        let labelled = changed(other.clone(), "/metadata/labels", json!({"team": "a"}));
        let cluster = cluster("strict").with([stored(one, 2025), other.clone()]);
        cluster.update(&other, &labelled).warns_of(rule);
        cluster.delete(&other).passes();
    }
}

#[test]
fn a_younger_object_on_the_service_of_an_older_one_is_told_and_so_is_the_older_one_that_comes_to_it() {
    let rule = "key-decided-elsewhere";
    let own = annotated(path("web", "/web", "Prefix"), &[("nginx.ingress.kubernetes.io/service-upstream", "true")]);
    let older = stored(ingress_to("admin", &[("/admin", "web", 80)]), 2024);
    let cluster = || Cluster::enforcing("strict").with([service("web")]);
    let line = cluster().with([older.clone()]).create(&own).warns_of(rule);
    assert!(line.warned(rule)[0].contains("Ingress shop/admin is older"), "{:?}", line.warned(rule));
    let before = stored(ingress_to("admin", &[("/admin", "other", 80)]), 2024);
    let line = cluster().with([before.clone(), stored(own.clone(), 2025)]).update(&before, &older).warns_of(rule);
    assert!(line.warned(rule)[0].contains("does not count for"), "{:?}", line.warned(rule));
    let line = cluster().with([stored(own, 2025)]).create(&ingress_to("admin", &[("/admin", "web", 80)]));
    assert!(line.warned(rule).is_empty(), "the older one decides: {:?}", line.warned(rule));
}

#[test]
fn the_watch_that_delivers_the_other_one_late_makes_it_known() {
    let (one, two) = (ingress_to("one", &[("/", "one", 80)]), ingress_to("two", &[("/", "two", 80)]));
    let late = Cluster::enforcing("strict").with([stored(one.clone(), 2025)]);
    let said = |cluster: &Cluster| -> Vec<(&'static str, ObjectId)> {
        let found = engine::review(&object(&one).id, &cluster.inventory, &cluster.plan, TODAY);
        let found = found.into_iter().map(|spoken| (spoken.finding.rule, spoken.finding.subject));
        found.filter(|(rule, _)| *rule == "route-conflict").collect()
    };
    assert_eq!(said(&late), []);
    assert_eq!(said(&late.with([stored(two, 2024)])), [("route-conflict", object(&one).id)]);
}

#[test]
fn more_objects_on_one_host_than_are_looked_at_are_cut_and_it_is_said() {
    let many = |count: usize| (0..count).map(|index| ingress_to(&format!("path-{index}"), &[(&format!("/{index}"), "web", 80)]));
    let create = super::cluster::review("CREATE", Some(&ingress_to("web", &[("/web", "web", 80)])), None);
    assert!(!Cluster::enforcing("strict").with(many(256)).outcome(&create).was_cut);
    assert!(Cluster::enforcing("strict").with(many(257)).outcome(&create).was_cut);
}
