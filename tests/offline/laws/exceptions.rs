//! Law 8: exceptions have a reason and an end.

use no502::engine;
use no502::inventory::World;

use super::cluster::{Answer, Cluster, TODAY};
use super::objects::{annotated, changed, ingress, killed_at_once, object, service};
use serde_json::json;

const REASON: (&str, &str) = ("no502.dev/allow-reason", "a demo");
const ALLOW: (&str, &str) = ("no502.dev/allow", "grace-zero");
const UNTIL: &str = "no502.dev/allow-until";

fn enforced(policy: &str) -> Cluster {
    Cluster::new(policy, &[("no502.dev/enforce", "baseline")]).with([service("web"), ingress("web")])
}

/// What is said of a Deployment that is killed at once and carries these annotations.
fn carrying(annotations: &[(&str, &str)]) -> Answer {
    enforced("").create(&annotated(killed_at_once("web"), annotations))
}

/// What is said of it under a document with one exception.
fn listed(exception: &str) -> Answer {
    enforced(&format!("exceptions: [{{{exception}}}]")).create(&killed_at_once("web"))
}

#[test]
fn an_exception_on_the_object_takes_the_finding_out_and_stays_in_the_audit_log() {
    let answer = carrying(&[ALLOW, REASON, (UNTIL, "2027-06-30")]).silent();
    assert_eq!(answer.annotation("excepted"), "grace-zero");
    assert_eq!(answer.annotation("verdict"), "allow");
    assert_eq!(answer.annotation("findings"), "");
}

#[test]
fn an_exception_holds_on_its_last_day_and_not_on_the_next() {
    carrying(&[ALLOW, REASON, (UNTIL, &TODAY.to_string())]).silent();
    let yesterday = TODAY.yesterday().expect("a day").to_string();
    let answer = carrying(&[ALLOW, REASON, (UNTIL, &yesterday)]).denied_for("grace-zero");
    let told = answer.warnings().join("\n");
    assert!(told.contains(&format!("the exception ended on {yesterday}")) && told.contains("a demo"), "{told}");
}

#[test]
fn an_exception_without_a_reason_or_an_end_does_not_hold_and_says_what_is_missing() {
    for (annotations, missing) in [
        (&[ALLOW, (UNTIL, "2027-06-30")][..], "no502.dev/allow-reason"),
        (&[ALLOW, ("no502.dev/allow-reason", "  "), (UNTIL, "2027-06-30")], "no502.dev/allow-reason"),
        (&[ALLOW, REASON], "no502.dev/allow-until"),
        (&[ALLOW, REASON, (UNTIL, "next summer")], "no502.dev/allow-until"),
    ] {
        let answer = carrying(annotations).denied_for("grace-zero");
        assert!(answer.warnings().iter().any(|line| line.contains(missing)), "{missing}: {:?}", answer.warnings());
    }
}

#[test]
fn an_exception_is_for_the_rules_that_it_names() {
    carrying(&[("no502.dev/allow", "prestop-missing"), REASON, (UNTIL, "2027-06-30")]).denied_for("grace-zero");
    carrying(&[("no502.dev/allow", "prestop-missing, grace-zero"), REASON, (UNTIL, "2027-06-30")]).silent();
}

#[test]
fn an_exception_in_the_document_is_for_what_it_matches() {
    listed("rules: [grace-zero], reason: demo, until: 2027-06-30").silent();
    listed("reason: demo, until: 2027-06-30").silent();
    listed("rules: [grace-zero], match: {namespaces: [sh*], kinds: [Deployment], names: [w*]}, reason: demo, until: 2027-06-30")
        .silent();
    for other in ["rules: [prestop-missing]", "match: {namespaces: [lab]}", "match: {kinds: [Ingress]}", "match: {names: [api]}"]
    {
        listed(&format!("{other}, reason: demo, until: 2027-06-30")).denied_for("grace-zero");
    }
}

#[test]
fn an_expired_exception_in_the_document_is_reported_as_expired() {
    let answer = listed("rules: [grace-zero], reason: the demo cluster, until: 2026-06-30").denied_for("grace-zero");
    let told = answer.warnings().join("\n");
    assert!(told.contains("the exception ended on 2026-06-30: the demo cluster"), "{told}");
}

#[test]
fn one_that_holds_is_enough_beside_one_that_ended() {
    let both = "exceptions: [{rules: [grace-zero], reason: old, until: 2026-06-30}, {rules: [grace-zero], reason: new, until: 2027-06-30}]";
    enforced(both).create(&killed_at_once("web")).silent();
}

#[test]
fn an_exception_on_the_deployment_counts_when_a_route_comes_to_it() {
    let accepted = annotated(killed_at_once("web"), &[ALLOW, REASON, (UNTIL, "2027-06-30")]);
    let cluster = Cluster::enforcing("baseline").with([accepted, service("web")]);
    cluster.create(&ingress("web")).silent();
}

#[test]
fn an_exception_on_the_object_under_review_counts_for_its_neighbours() {
    let cluster = Cluster::enforcing("baseline").with([killed_at_once("web"), service("web")]);
    cluster.create(&ingress("web")).warns_of("grace-zero");
    cluster.create(&annotated(ingress("web"), &[ALLOW, REASON, (UNTIL, "2027-06-30")])).silent();
}

#[test]
fn an_exception_that_a_change_takes_off_holds_no_more() {
    let accepted = annotated(killed_at_once("web"), &[ALLOW, REASON, (UNTIL, "2027-06-30")]);
    let cluster = enforced("").with([accepted.clone()]);
    // The fault itself is of old, so it is a warning now.
    cluster.update(&accepted, &killed_at_once("web")).warns_of("grace-zero");
    cluster.update(&accepted, &changed(accepted.clone(), "/spec/replicas", json!(4))).silent();
}

#[test]
fn an_exception_does_not_lend_its_silence_to_what_users_do_not_see() {
    let raw = annotated(killed_at_once("web"), &[ALLOW, REASON, (UNTIL, "2026-06-30")]);
    let audited = Cluster::new("", &[("no502.dev/audit", "baseline")]).with([service("web"), ingress("web")]);
    audited.create(&raw).silent();
}

#[test]
fn the_file_gate_and_the_late_look_honour_the_same_exceptions() {
    let accepted = annotated(killed_at_once("web"), &[ALLOW, REASON, (UNTIL, "2027-06-30")]);
    let on_object = enforced("").with([accepted.clone()]);
    let by_document =
        enforced("exceptions: [{rules: [grace-zero], reason: demo, until: 2027-06-30}]").with([killed_at_once("web")]);
    for (cluster, raw) in [(on_object, accepted), (by_document, killed_at_once("web"))] {
        let (profile, own) = (cluster.plan.profile("baseline").expect("a profile"), object(&raw));
        let outcome = engine::survey(&World::from(&cluster.inventory), &own, profile, &cluster.plan, TODAY, false);
        let found = outcome.spoken.iter().find(|spoken| spoken.finding.rule == "grace-zero").expect("a finding");
        assert!(found.is_excepted());
        assert!(engine::review(&own.id, &cluster.inventory, &cluster.plan, TODAY).is_empty());
    }
    let bare = enforced("").with([killed_at_once("web")]);
    assert!(!engine::review(&object(&killed_at_once("web")).id, &bare.inventory, &bare.plan, TODAY).is_empty());
}
