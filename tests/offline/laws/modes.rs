//! Law 5: levels belong to rules, modes to namespaces.

use no502::engine::Verdict;
use no502::policy::Mode;
use serde_json::{Value, json};

use super::cluster::{Answer, Cluster, review};
use super::objects::{abrupt, deployment, ingress, killed_at_once, namespace, service};

/// What is said of a new Deployment that is killed at once, behind a Service and a route.
fn killed(policy: &str, labels: &[(&str, &str)]) -> Answer {
    Cluster::new(policy, labels).with([service("web"), ingress("web")]).create(&killed_at_once("web"))
}

/// What is said of a new Deployment that stops at once: a warning in `baseline`, an error in `strict`.
fn stopped(policy: &str, labels: &[(&str, &str)]) -> Answer {
    Cluster::new(policy, labels).with([service("web"), ingress("web")]).create(&abrupt("web"))
}

const ENFORCE: &str = "no502.dev/enforce";
const WARN: &str = "no502.dev/warn";
const AUDIT: &str = "no502.dev/audit";

#[test]
fn a_namespace_without_labels_is_left_alone() {
    let answer = killed("", &[]).silent();
    assert!(answer.raw["response"].get("auditAnnotations").is_none());
}

#[test]
fn enforce_refuses_errors_and_warns_of_warnings() {
    killed("", &[(ENFORCE, "baseline")]).denied_for("grace-zero");
    stopped("", &[(ENFORCE, "baseline")]).warns_of("prestop-missing");
    stopped("", &[(ENFORCE, "strict")]).denied_for("prestop-missing");
}

#[test]
fn warn_says_everything_and_refuses_nothing() {
    let answer = killed("", &[(WARN, "strict")]).warns_of("grace-zero");
    assert_eq!(answer.annotation("verdict"), "warn");
    assert_eq!(answer.annotation("profiles"), "warn=strict");
}

#[test]
fn audit_is_seen_in_the_audit_log_and_by_no_user() {
    let answer = killed("", &[(AUDIT, "baseline")]).silent();
    assert_eq!(answer.annotation("findings"), "grace-zero=1");
    assert_eq!(answer.annotation("profiles"), "audit=baseline");
    assert_eq!(answer.annotation("verdict"), "allow");
}

#[test]
fn a_label_stands_before_the_default_of_its_mode_only() {
    let defaults = "defaults: {enforce: baseline, audit: strict}";
    killed(defaults, &[]).denied_for("grace-zero");
    killed(defaults, &[(ENFORCE, "none")]).silent();
    let answer = stopped(defaults, &[(ENFORCE, "strict")]).denied_for("prestop-missing");
    assert_eq!(answer.annotation("profiles"), "enforce=strict,audit=strict");
    // Choosing what is warned of leaves the default for enforcing as it is.
    killed(defaults, &[(WARN, "strict")]).denied_for("grace-zero");
}

#[test]
fn none_switches_one_mode_off() {
    killed("", &[(ENFORCE, "none")]).silent();
    killed("", &[(ENFORCE, "none"), (WARN, "baseline")]).warns_of("grace-zero");
}

#[test]
fn an_unknown_name_means_baseline_and_a_warning_that_names_the_profiles() {
    let answer = killed("", &[(ENFORCE, "paranoid")]).denied_for("grace-zero");
    let told = answer.warnings().into_iter().find(|line| line.contains("paranoid")).expect("a word of it").to_owned();
    assert!(told.contains("baseline") && told.contains("strict"), "{told}");
    stopped("", &[(ENFORCE, "paranoid")]).warns_of("prestop-missing");
}

#[test]
fn the_mode_of_the_document_caps_every_namespace() {
    let warned = killed("mode: warn", &[(ENFORCE, "baseline")]).warns_of("grace-zero");
    assert_eq!(warned.annotation("verdict"), "would-deny");
    let audited = killed("mode: audit", &[(ENFORCE, "baseline")]).silent();
    assert_eq!(audited.annotation("verdict"), "would-deny");
    assert_eq!(audited.annotation("findings"), "grace-zero=1");
    // What asks for less is not raised.
    killed("mode: warn", &[(AUDIT, "baseline")]).silent();
    let asked = killed("mode: enforce", &[(WARN, "baseline")]).warns_of("grace-zero");
    assert_eq!(asked.annotation("verdict"), "warn");
}

#[test]
fn a_document_that_only_audits_patches_nothing() {
    let create = review("CREATE", Some(&abrupt("web")), None);
    for (mode, patches) in [("enforce", true), ("warn", false), ("audit", false)] {
        let cluster = Cluster::new(&format!("mode: {mode}"), &[(ENFORCE, "baseline")]).with([service("web"), ingress("web")]);
        assert_eq!(cluster.mutate(&create).patch().is_some(), patches, "mode: {mode}");
    }
}

#[test]
fn only_the_enforced_profile_fixes() {
    let create = review("CREATE", Some(&abrupt("web")), None);
    for label in [WARN, AUDIT] {
        let cluster = Cluster::new("", &[(label, "strict")]).with([service("web"), ingress("web")]);
        assert!(cluster.mutate(&create).patch().is_none(), "{label}");
    }
    // `retry-missing` is fixed by strict alone.
    let cluster = Cluster::new("", &[(ENFORCE, "baseline"), (WARN, "strict")]).with([deployment("web"), service("web")]);
    assert!(cluster.mutate(&review("CREATE", Some(&ingress("web")), None)).patch().is_none());
}

#[test]
fn a_finding_is_spoken_once_by_its_strongest_mode() {
    let cluster = Cluster::new("", &[(ENFORCE, "baseline"), (WARN, "strict"), (AUDIT, "strict")]);
    let cluster = cluster.with([service("web"), ingress("web")]);
    let outcome = cluster.outcome(&review("CREATE", Some(&killed_at_once("web")), None));
    let own = outcome.spoken.iter().filter(|spoken| spoken.finding.rule == "grace-zero");
    assert_eq!(own.map(|spoken| spoken.mode).collect::<Vec<_>>(), [Mode::Enforce]);
    assert_eq!(outcome.verdict, Verdict::Deny);
    // What both profiles name with other parameters is one fault all the same.
    let answer = cluster.create(&abrupt("web")).passes();
    assert_eq!(answer.warned("prestop-missing").len(), 1, "{:?}", answer.warnings());
    assert!(answer.annotation("findings").contains("prestop-missing=1"), "{}", answer.annotation("findings"));
}

#[test]
fn what_only_the_second_mode_knows_is_spoken_by_it() {
    // Nothing leads to it: within the scope of strict, and out of that of baseline.
    let cluster = Cluster::new("", &[(ENFORCE, "baseline"), (WARN, "strict")]);
    let outcome = cluster.outcome(&review("CREATE", Some(&abrupt("web")), None));
    let spoken: Vec<_> = outcome.spoken.iter().map(|spoken| (spoken.finding.rule, spoken.mode)).collect();
    assert!(spoken.contains(&("prestop-missing", Mode::Warn)), "{spoken:?}");
    assert_eq!(outcome.verdict, Verdict::Warn);
}

#[test]
fn exempt_namespaces_are_left_alone_whatever_their_labels_say() {
    let policy = "exemptNamespaces: [sho*]\ndefaults: {enforce: strict}";
    killed(policy, &[(ENFORCE, "strict")]).silent();
    killed("exemptNamespaces: [other]", &[(ENFORCE, "strict")]).denied_for("grace-zero");
}

#[test]
fn the_namespace_of_the_changed_object_governs() {
    let elsewhere = |raw: Value| super::objects::changed(raw, "/metadata/namespace", json!("lab"));
    let cluster = Cluster::enforcing("baseline").with([elsewhere(service("web")), elsewhere(ingress("web"))]);
    let mut create = review("CREATE", Some(&elsewhere(killed_at_once("web"))), None);
    create["request"]["namespace"] = json!("lab");
    let lab = super::objects::changed(namespace(&[]), "/metadata/name", json!("lab"));
    cluster.with([lab]).validate(&create).silent();
}

#[test]
fn a_document_lays_its_own_over_a_shipped_profile() {
    let softened = "profiles: {baseline: {rules: {grace-zero: warning}}}";
    killed(softened, &[(ENFORCE, "baseline")]).warns_of("grace-zero");
    let silenced = "profiles: {baseline: {rules: {grace-zero: off}}}";
    killed(silenced, &[(ENFORCE, "baseline")]).silent();
    let own = "profiles: {payments: {extends: strict, rules: {grace-zero: warning}}}";
    killed(own, &[(ENFORCE, "payments")]).warns_of("grace-zero");
    stopped(own, &[(ENFORCE, "payments")]).denied_for("prestop-missing");
}
