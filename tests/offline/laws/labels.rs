//! Law 6: a label on a namespace is answered with what would be found in it.

use serde_json::json;

use super::cluster::Cluster;
use super::objects::{changed, deployment, ingress, killed_at_once, namespace, service};

fn shop() -> Cluster {
    Cluster::new("", &[]).with([deployment("sound"), killed_at_once("web"), service("web"), ingress("web")])
}

const ENFORCE: (&str, &str) = ("no502.dev/enforce", "baseline");

#[test]
fn labelling_a_namespace_tells_what_would_be_found_in_it() {
    let answer = shop().update(&namespace(&[]), &namespace(&[ENFORCE])).warns_of("grace-zero");
    let lines = answer.warnings();
    assert!(lines[0].contains("no502.dev/enforce=baseline finds 1 errors and 0 warnings in the 4 objects"), "{lines:?}");
    assert!(answer.warned("grace-zero")[0].contains("] Deployment web: "), "{lines:?}");
}

#[test]
fn a_namespace_that_comes_with_labels_is_answered_too() {
    let answer = shop().create(&namespace(&[ENFORCE])).passes();
    assert!(answer.warnings()[0].contains("finds 1 errors"), "{:?}", answer.warnings());
}

#[test]
fn every_mode_is_answered_even_that_which_users_do_not_see() {
    for mode in ["enforce", "warn", "audit"] {
        let label = format!("no502.dev/{mode}");
        let answer = shop().update(&namespace(&[]), &namespace(&[(&label, "baseline")])).warns_of("grace-zero");
        assert!(answer.warnings()[0].contains(&label), "{:?}", answer.warnings());
    }
}

#[test]
fn a_namespace_in_good_order_is_labelled_without_a_word() {
    let cluster = Cluster::new("", &[]).with([deployment("web"), service("web"), ingress("web")]);
    cluster.update(&namespace(&[]), &namespace(&[ENFORCE])).silent();
}

#[test]
fn other_changes_of_a_namespace_are_not_answered() {
    let labelled = namespace(&[ENFORCE]);
    shop().update(&labelled, &labelled).silent();
    shop().update(&labelled, &namespace(&[ENFORCE, ("team", "checkout")])).silent();
    shop().update(&labelled, &namespace(&[])).silent();
    shop().delete(&labelled).silent();
    let leaving = changed(labelled, "/metadata/deletionTimestamp", json!("2026-11-21T10:00:00Z"));
    shop().update(&namespace(&[]), &leaving).silent();
}

#[test]
fn an_unknown_profile_is_told_when_the_label_is_set() {
    let answer = shop().update(&namespace(&[]), &namespace(&[("no502.dev/enforce", "paranoid")])).passes();
    assert!(answer.warnings().iter().any(|line| line.contains("there is no profile paranoid")), "{:?}", answer.warnings());
}

#[test]
fn a_label_on_an_exempt_namespace_is_told_to_be_without_effect() {
    let cluster = Cluster::new("exemptNamespaces: [shop]", &[]).with([killed_at_once("web"), service("web"), ingress("web")]);
    let answer = cluster.update(&namespace(&[]), &namespace(&[ENFORCE])).passes();
    assert_eq!(answer.warnings().len(), 1);
    assert!(answer.warnings()[0].contains("exempt"), "{:?}", answer.warnings());
}

#[test]
fn what_is_accepted_in_the_namespace_is_not_counted() {
    let exceptions = "exceptions: [{rules: [grace-zero], reason: demo, until: 2027-06-30}]";
    let cluster = Cluster::new(exceptions, &[]).with([killed_at_once("web"), service("web"), ingress("web")]);
    cluster.update(&namespace(&[]), &namespace(&[ENFORCE])).silent();
}
