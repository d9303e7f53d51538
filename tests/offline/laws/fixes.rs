//! Law 7: fixes are safe, or they are text.

use no502::engine::Plan;
use no502::finding::{Finding, FixKind, Label};
use no502::model::Write;
use no502::object::{Address, Kind, Object};
use no502::rule::{Armed, Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use no502::units::Level;
use serde_json::{Value, json};

use super::cluster::{Answer, Cluster, review};
use super::objects::{abrupt, annotated, changed, controlled, deployment, ingress, service};

const GRACE: &str = "/spec/template/spec/terminationGracePeriodSeconds";
const PRE_STOP: &str = "/spec/template/spec/containers/0/lifecycle/preStop";
const IMAGE: &str = "/spec/template/spec/containers/0/image";

fn routed(profile: &str) -> Cluster {
    Cluster::enforcing(profile).with([service("web"), ingress("web")])
}

/// The object as it is stored after the patch of the answer.
fn patched(answer: &Answer, raw: &Value) -> Value {
    let patch = answer.patch().expect("a patch");
    let mut stored = raw.clone();
    json_patch::patch(&mut stored, &patch).expect("a patch that applies");
    stored
}

fn mutate_create(cluster: &Cluster, raw: &Value) -> Answer {
    cluster.mutate(&review("CREATE", Some(raw), None)).passes()
}

fn mutate_update(cluster: &Cluster, before: &Value, after: &Value) -> Answer {
    cluster.mutate(&review("UPDATE", Some(after), Some(before))).passes()
}

#[test]
fn a_new_deployment_gets_what_is_absent_and_the_name_of_the_rule() {
    let answer = mutate_create(&routed("baseline"), &abrupt("web"));
    let stored = patched(&answer, &abrupt("web"));
    assert_eq!(stored.pointer(PRE_STOP), Some(&json!({"sleep": {"seconds": 10}})));
    assert_eq!(stored["metadata"]["annotations"]["no502.dev/injected"], "prestop-missing");
    let lines = answer.warnings();
    assert!(lines.len() == 1 && lines[0].contains("prestop-missing") && lines[0].contains("injected"), "{lines:?}");
}

#[test]
fn a_grace_period_that_nobody_wrote_is_raised_to_what_hook_and_requests_need() {
    let slow = annotated(abrupt("web"), &[("no502.dev/longest-request", "45s")]);
    let stored = patched(&mutate_create(&routed("baseline"), &slow), &slow);
    assert_eq!(stored.pointer(GRACE), Some(&json!(55)));
    assert_eq!(stored["metadata"]["annotations"]["no502.dev/longest-request"], "45s");
}

#[test]
fn nothing_that_an_author_wrote_is_ever_changed() {
    let wrote_grace = changed(abrupt("web"), GRACE, json!(20));
    let stored = patched(&mutate_create(&routed("strict"), &wrote_grace), &wrote_grace);
    assert_eq!(stored.pointer(GRACE), Some(&json!(20)));
    // Its 15 s for requests are not touched.
    assert_eq!(stored.pointer(PRE_STOP), Some(&json!({"sleep": {"seconds": 5}})));
    // A hook and a grace period that do not fit are told, not rewritten.
    let clash = changed(changed(deployment("web"), GRACE, json!(10)), PRE_STOP, json!({"sleep": {"seconds": 30}}));
    assert!(mutate_create(&routed("strict"), &clash).patch().is_none());
    let hook = changed(abrupt("web"), PRE_STOP, json!({"exec": {"command": ["/bin/drain"]}}));
    let patch = mutate_create(&routed("strict"), &hook).patch();
    assert!(patch.is_none(), "{patch:?}");
    let other =
        changed(abrupt("web"), "/spec/template/spec/containers/0/lifecycle", json!({"postStart": {"exec": {"command": ["x"]}}}));
    let stored = patched(&mutate_create(&routed("strict"), &other), &other);
    let lifecycle = &stored["spec"]["template"]["spec"]["containers"][0]["lifecycle"];
    assert!(lifecycle["postStart"].is_object() && lifecycle["preStop"].is_object(), "{lifecycle}");
}

#[test]
fn a_value_that_the_gateway_ignores_is_not_rewritten_at_admission() {
    let ignored = annotated(ingress("web"), &[("nginx.ingress.kubernetes.io/proxy-read-timeout", "120s")]);
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web")]);
    let stored = patched(&mutate_create(&cluster, &ignored), &ignored);
    assert_eq!(stored["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"], "120s");
}

#[test]
fn an_object_that_a_controller_owns_is_never_patched() {
    let raw = controlled(abrupt("web"));
    assert!(mutate_create(&routed("strict"), &raw).patch().is_none());
    let newer = changed(raw.clone(), IMAGE, json!("registry.example.com/web:2"));
    assert!(mutate_update(&routed("strict"), &raw, &newer).patch().is_none());
}

#[test]
fn an_update_is_patched_only_where_it_changes_the_template_itself() {
    let old = abrupt("web");
    for (what, after, patches) in [
        ("nothing", old.clone(), false),
        ("scale", changed(old.clone(), "/spec/replicas", json!(5)), false),
        ("label", changed(old.clone(), "/metadata/labels/team", json!("checkout")), false),
        ("status", changed(old.clone(), "/status/readyReplicas", json!(3)), false),
        ("image", changed(old.clone(), IMAGE, json!("registry.example.com/web:2")), true),
    ] {
        let answer = mutate_update(&routed("baseline"), &old, &after);
        assert_eq!(answer.patch().is_some(), patches, "{what}");
    }
}

#[test]
fn an_ingress_is_patched_on_update_only_where_its_routes_or_annotations_change() {
    let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web")]);
    let old = ingress("web");
    let labelled = changed(old.clone(), "/metadata/labels/team", json!("checkout"));
    assert!(mutate_update(&cluster, &old, &labelled).patch().is_none());
    let read = annotated(old.clone(), &[("nginx.ingress.kubernetes.io/proxy-read-timeout", "120")]);
    let stored = patched(&mutate_update(&cluster, &old, &read), &read);
    assert_eq!(stored["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"], "120");
    assert!(stored["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-next-upstream"].is_string());
}

#[test]
fn a_delete_and_an_object_on_its_way_out_are_not_patched() {
    let cluster = routed("strict");
    assert!(cluster.mutate(&review("DELETE", None, Some(&abrupt("web")))).passes().patch().is_none());
    let leaving = changed(abrupt("web"), "/metadata/deletionTimestamp", json!("2026-11-21T10:00:00Z"));
    assert!(mutate_create(&cluster, &leaving).patch().is_none());
}

#[test]
fn the_mutator_on_its_own_output_gives_no_patch() {
    for profile in ["baseline", "strict"] {
        for raw in [abrupt("web"), annotated(abrupt("web"), &[("no502.dev/longest-request", "90s")])] {
            let stored = patched(&mutate_create(&routed(profile), &raw), &raw);
            assert!(mutate_create(&routed(profile), &stored).patch().is_none(), "{profile}");
        }
        let raw = ingress("web");
        let cluster = Cluster::enforcing("strict").with([deployment("web"), service("web")]);
        let stored = patched(&mutate_create(&cluster, &raw), &raw);
        assert!(mutate_create(&cluster, &stored).patch().is_none());
    }
}

#[test]
fn what_was_fixed_is_fine_for_the_second_gate() {
    let stored = patched(&mutate_create(&routed("strict"), &abrupt("web")), &abrupt("web"));
    let answer = routed("strict").create(&stored).passes();
    assert!(answer.warned("prestop-missing").is_empty(), "{:?}", answer.warnings());
    routed("strict").create(&abrupt("web")).denied_for("prestop-missing");
}

#[test]
fn rules_that_fixed_before_stay_named_beside_the_new_one() {
    let named = annotated(abrupt("web"), &[("no502.dev/injected", "retry-missing")]);
    let stored = patched(&mutate_create(&routed("baseline"), &named), &named);
    assert_eq!(stored["metadata"]["annotations"]["no502.dev/injected"], "prestop-missing,retry-missing");
}

#[test]
fn an_api_server_without_a_native_sleep_gets_a_command() {
    let mut cluster = routed("baseline");
    cluster.plan.facts.has_native_sleep = false;
    let stored = patched(&mutate_create(&cluster, &abrupt("web")), &abrupt("web"));
    assert_eq!(stored.pointer(PRE_STOP), Some(&json!({"exec": {"command": ["sleep", "10"]}})));
    // The command is a sleep to the second gate too.
    let answer = cluster.create(&stored).passes();
    assert!(answer.warned("prestop-missing").is_empty(), "{:?}", answer.warnings());
    assert!(mutate_create(&cluster, &stored).patch().is_none());
}

#[test]
fn what_is_accepted_is_not_fixed() {
    let accepted = [
        ("no502.dev/allow", "prestop-missing"),
        ("no502.dev/allow-reason", "drains by itself"),
        ("no502.dev/allow-until", "2027-06-30"),
    ];
    assert!(mutate_create(&routed("baseline"), &annotated(abrupt("web"), &accepted)).patch().is_none());
    let expired = [accepted[0], accepted[1], ("no502.dev/allow-until", "2026-06-30")];
    assert!(mutate_create(&routed("baseline"), &annotated(abrupt("web"), &expired)).patch().is_some());
}

#[test]
fn a_workload_that_serves_is_fixed_before_anything_leads_to_it() {
    // In baseline the rule speaks of what is routed. The Service and the Ingress mostly come after the Deployment.
    let cluster = Cluster::enforcing("baseline");
    let raw = abrupt("web");
    assert!(cluster.create(&raw).passes().warned("prestop-missing").is_empty());
    assert!(mutate_create(&cluster, &raw).patch().is_some());
    let mut portless = raw;
    portless["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap().remove("ports");
    assert!(mutate_create(&cluster, &portless).patch().is_none(), "what declares no port is nobody's backend");
}

#[test]
fn a_patch_of_an_object_without_annotations_makes_them() {
    let mut raw = abrupt("web");
    raw["metadata"]["annotations"] = Value::Null;
    let stored = patched(&mutate_create(&routed("baseline"), &raw), &raw);
    assert_eq!(stored["metadata"]["annotations"], json!({"no502.dev/injected": "prestop-missing"}));
    assert!(Object::new(stored, "shop").is_some());
}

/// A rule that would write over what the author wrote.
struct Rewrites;

impl Rule for Rewrites {
    type Params = ();

    const META: Meta = Meta {
        name: "prestop-missing",
        family: Family::Drain,
        summary: "rewrites",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::Rewrite,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Deployment],
        since: "0.1.0",
        page: "",
        file: file!(),
    };

    const JUDGE: Judge<()> = Judge::Workload(rewrite);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape of a judge")]
fn rewrite(_: &(), case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let address = Address::field("/spec/replicas");
    let write = Write { address: address.clone(), value: json!(100) };
    let label = Label::new(&case.workload.id, address);
    findings.push(Finding::at(label, "too few").fix(FixKind::Rewrite, vec![write]));
}

#[test]
fn a_rewrite_is_kept_away_from_admission_by_the_policy_and_by_the_engine() {
    let asks = "apiVersion: no502.dev/v1alpha1\nkind: Policy\nprofiles: {baseline: {rules: {value-ignored: {fix: true}}}}\n";
    let refused = Plan::parse(asks).err().expect("a fault");
    assert!(refused.0.iter().any(|fault| fault.message.contains("no fix that admission may apply")), "{:?}", refused.0);
    let mut cluster = routed("baseline");
    let armed = cluster.plan.armed.iter_mut().filter(|armed| armed.meta.name == "prestop-missing");
    armed.for_each(|armed| *armed = Armed::new::<Rewrites>(()));
    assert!(mutate_create(&cluster, &abrupt("web")).patch().is_none());
    assert!(!cluster.create(&abrupt("web")).warned("prestop-missing").is_empty(), "it is told all the same");
}
