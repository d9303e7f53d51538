//! Law 9: a rule that panics is a fault of no502, never a refused request.

use no502::engine;
use no502::finding::{Finding, Label};
use no502::inventory::World;
use no502::object::{Address, Kind};
use no502::rule::{Armed, Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use no502::units::Level;

use super::cluster::{Cluster, TODAY, review};
use super::objects::{abrupt, deployment, ingress, killed_at_once, object, service};

/// A rule that says something, and then panics.
struct Panics;

impl Rule for Panics {
    type Params = ();

    const META: Meta = Meta {
        name: "grace-zero",
        family: Family::Drain,
        summary: "panics",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment],
        since: "0.1.0",
        page: "",
        file: file!(),
    };

    const JUDGE: Judge<()> = Judge::Workload(judge);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape of a judge")]
fn judge(_: &(), case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    findings.push(Finding::at(Label::new(&case.workload.id, Address::field("/spec")), "half said"));
    panic!("on purpose");
}

/// A cluster in which one rule is replaced by one that panics.
fn with_panic_in(rule: &str) -> Cluster {
    let mut cluster = Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    cluster.plan.armed.iter_mut().filter(|armed| armed.meta.name == rule).for_each(|armed| *armed = Armed::new::<Panics>(()));
    cluster
}

#[test]
fn a_rule_that_panics_is_named_in_a_warning_and_refuses_nothing() {
    let cluster = with_panic_in("grace-zero");
    let answer = cluster.create(&killed_at_once("web")).passes();
    let told = answer.warnings().join("\n");
    assert!(told.contains("rule grace-zero failed") && told.contains("fault of no502"), "{told}");
    assert!(!told.contains("half said"), "{told}");
    let outcome = cluster.outcome(&review("CREATE", Some(&killed_at_once("web")), None));
    assert_eq!(outcome.panics, ["grace-zero"]);
    assert!(outcome.spoken.iter().all(|spoken| spoken.finding.message != "half said"));
}

#[test]
fn the_other_rules_go_on() {
    let bad = super::objects::changed(
        deployment("web"),
        "/spec/template/spec/containers/0/readinessProbe/httpGet/port",
        serde_json::json!("no-such-port"),
    );
    with_panic_in("grace-zero").create(&bad).denied_for("probe-port-unresolvable");
    // And so does the first gate.
    let create = review("CREATE", Some(&abrupt("web")), None);
    assert!(with_panic_in("grace-zero").mutate(&create).passes().patch().is_some());
    assert!(with_panic_in("prestop-missing").mutate(&create).passes().patch().is_none());
}

#[test]
fn the_file_gate_and_the_preview_of_a_label_live_through_it_too() {
    let cluster = with_panic_in("grace-zero").with([killed_at_once("web")]);
    let profile = cluster.plan.profile("baseline").expect("a profile");
    let own = object(&killed_at_once("web"));
    let outcome = engine::survey(&World::from(&cluster.inventory), &own, profile, &cluster.plan, TODAY, true);
    assert_eq!(outcome.panics, ["grace-zero"]);
    let labelled = super::objects::namespace(&[("no502.dev/enforce", "baseline")]);
    let answer = cluster.update(&super::objects::namespace(&[]), &labelled).passes();
    assert!(answer.warnings().iter().any(|line| line.contains("rule grace-zero failed")), "{:?}", answer.warnings());
}

#[test]
fn the_released_binary_unwinds() {
    let manifest = include_str!("../../../Cargo.toml");
    assert!(manifest.contains("[profile.release]"));
    assert!(!manifest.contains("panic = \"abort\""), "a panic could not be caught");
}
