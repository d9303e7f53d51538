//! Law 1: one judge stands behind every gate.

use no502::engine::{self, Spoken};
use no502::inventory::World;

use super::cluster::{Cluster, TODAY, review};
use super::objects::{abrupt, annotated, changed, deployment, ingress, ingress_to, killed_at_once, object, service};
use serde_json::{Value, json};

/// All that a finding says, without the standing that only a change can have.
fn said(spoken: &Spoken) -> String {
    let finding = &spoken.finding;
    format!(
        "{} {} {} {} {:?} {} | {} | {} | {} | {:?}",
        finding.rule,
        finding.subject,
        finding.primary.address.pointer(),
        finding.primary.element,
        finding.certainty,
        spoken.level,
        finding.message,
        finding.why,
        finding.help,
        finding.fix
    )
}

/// What the file gate and the admission gate say of an object that comes into a cluster with these neighbours.
fn both_gates(profile: &str, neighbours: &[Value], subject: &Value) -> (Vec<String>, Vec<String>) {
    let cluster = Cluster::enforcing(profile).with(neighbours.iter().cloned());
    let own = object(subject);
    let outcome = cluster.outcome(&review("CREATE", Some(subject), None));
    let admission = outcome.spoken.iter().filter(|spoken| spoken.finding.subject == own.id).map(said);
    let full = Cluster::enforcing(profile).with(neighbours.iter().chain([subject]).cloned());
    let chosen = full.plan.profile(profile).expect("a profile");
    let file = engine::survey(&World::from(&full.inventory), &own, chosen, &full.plan, TODAY, false);
    (admission.collect(), file.spoken.iter().map(said).collect())
}

#[test]
fn a_file_and_the_same_object_at_admission_give_the_same_findings() {
    let bad_probe =
        changed(deployment("web"), "/spec/template/spec/containers/0/readinessProbe/httpGet/port", json!("no-such-port"));
    let bad_value = annotated(ingress("web"), &[("nginx.ingress.kubernetes.io/proxy-read-timeout", "120s")]);
    let whole = [deployment("web"), service("web"), ingress("web")];
    let cases: [(&[Value], Value, &str); 6] = [
        (&whole[1..], killed_at_once("web"), "grace-zero"),
        (&whole[1..], abrupt("web"), "prestop-missing"),
        (&whole[1..], bad_probe, "probe-port-unresolvable"),
        (&whole[..2], bad_value, "value-ignored"),
        (&whole[..2], ingress_to("web", &[("/", "web", 81), ("/b", "nowhere", 80)]), "backend-port-missing"),
        (&whole[..1], changed(service("web"), "/spec/ports/0/targetPort", json!("htpp")), "target-port-unresolved"),
    ];
    for profile in ["baseline", "strict"] {
        for (neighbours, subject, rule) in &cases {
            let (admission, file) = both_gates(profile, neighbours, subject);
            assert!(admission.iter().any(|line| line.starts_with(rule)), "{rule} in {profile}: {admission:#?}");
            assert_eq!(admission, file, "{rule} in {profile}");
        }
    }
}

#[test]
fn an_object_without_a_fault_is_let_in_without_a_word_by_every_gate() {
    let whole = [deployment("web"), service("web"), ingress("web")];
    for subject in &whole {
        let neighbours: Vec<Value> = whole.iter().filter(|other| *other != subject).cloned().collect();
        assert_eq!(both_gates("baseline", &neighbours, subject), (Vec::new(), Vec::new()), "{}", subject["kind"]);
        Cluster::enforcing("baseline").with(neighbours).create(subject).silent();
    }
}
