//! Law 7, for all rules at once: after its fixes nothing is wrong with an object that was right before.

use std::fmt::Write as _;

use no502::engine::patch::Patch;
use no502::engine::{Change, Held, Mending, Outcome, Plan, repair, survey};
use no502::finding::Finding;
use no502::inventory::{Inventory, Overlay, World};
use no502::model::Model;
use no502::object::Object;
use no502::rule::{FixAvailability, RULES};
use serde_json::{Value, json};

use super::arrival::stages;
use super::cluster::{Cluster, TODAY, policy};
use super::objects::{abrupt, annotated, changed, deployment, ingress, object, service};

const GRACE: &str = "/spec/template/spec/terminationGracePeriodSeconds";
const POD: &str = "/spec/template/spec";
const SLEEP: &str = "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds";

/// Switches all fixes on that admission may apply.
fn all_fixes(document: &mut Value, profile: &str) {
    for rule in RULES.iter().filter(|entry| !matches!(entry.meta.fix, FixAvailability::None | FixAvailability::Rewrite)) {
        let entry = &mut document["profiles"][profile]["rules"][rule.meta.name];
        if let Some(level) = entry.as_str().map(str::to_owned) {
            *entry = json!({"level": level});
        }
        entry["fix"] = true.into();
    }
}

/// One object under one profile.
struct Shop<'s> {
    inventory: &'s Inventory,
    plan: &'s Plan,
    profile: &'s str,
}

impl Shop<'_> {
    fn said(&self, object: &Object) -> Vec<Finding> {
        let model = Model::read(object);
        let world = World::new(self.inventory, Overlay::Put(&model));
        let profile = self.plan.profile(self.profile).expect("a profile");
        let outcome = survey(&world, object, profile, self.plan, TODAY, false);
        outcome.spoken.into_iter().filter(|spoken| !spoken.is_excepted()).map(|spoken| spoken.finding).collect()
    }

    /// What admission writes, with the rules that have a fix.
    fn admitted(&self, object: &Object) -> Option<Patch> {
        repair(&Change::create(object.clone()), self.inventory, self.plan, TODAY).patch
    }

    /// What `check --fix` writes when it is asked for all rules.
    fn asked(&self, object: &Object) -> (Option<Patch>, Vec<Held>) {
        let model = Model::read(object);
        let world = World::new(self.inventory, Overlay::Put(&model));
        let (profile, all) = (self.plan.profile(self.profile).expect("a profile"), |_: &Finding| true);
        let (plan, today, sees_all) = (self.plan, TODAY, true);
        let mending = Mending { object, world: &world, profile, plan, today, sees_all, wants: &all, counts: &all };
        mending.mend(&self.said(object).iter().collect::<Vec<_>>())
    }

    /// What is wrong with the object after these fixes, and was right before.
    fn brought(&self, object: &Object, patch: Patch) -> Vec<String> {
        let before = self.said(object);
        let patched = Object { id: object.id.clone(), raw: patch.patched };
        let after = self.said(&patched);
        // A rule may say the same of another field, once that is written, but it says no more and nothing heavier.
        let weights = |findings: &[Finding], rule: &str| {
            let mut weights: Vec<_> = findings.iter().filter(|own| own.rule == rule).map(|own| (own.cap, own.excess)).collect();
            weights.sort_unstable();
            weights.reverse();
            weights
        };
        let is_as_before = |rule: &str| {
            let (then, now) = (weights(&before, rule), weights(&after, rule));
            now.len() <= then.len() && now.iter().zip(&then).all(|(now, then)| now <= then)
        };
        let mut faults: Vec<String> = after.iter().filter(|now| !is_as_before(now.rule)).map(|now| now.message.clone()).collect();
        // Asking again gives no patch: nothing is left, and nothing goes to and fro.
        faults.extend(self.admitted(&patched).map(|again| format!("again: {:?}", again.summary)));
        faults
    }

    /// How many patches there were.
    fn holds(&self, name: &str, object: &Object, faults: &mut String) -> usize {
        let patches: Vec<Patch> = [self.admitted(object), self.asked(object).0].into_iter().flatten().collect();
        let count = patches.len();
        for patch in patches {
            let rules = patch.rules.join(", ");
            for fault in self.brought(object, patch) {
                let _ = writeln!(faults, "{name} ({}): {}: {rules} brings: {fault}", self.profile, object.id);
            }
        }
        count
    }
}

#[test]
fn in_no_case_a_fix_brings_what_was_not_there() {
    let (mut faults, mut patches) = (String::new(), 0);
    for stage in stages() {
        let inventory = stage.whole();
        for profile in ["baseline", "strict"] {
            let plan = stage.plan_with(profile, |document| all_fixes(document, profile));
            let shop = Shop { inventory: &inventory, plan: &plan, profile };
            patches += stage.written().into_iter().map(|own| shop.holds(&stage.name, own, &mut faults)).sum::<usize>();
        }
    }
    eprintln!("{patches} patches in the cases");
    assert!(patches > 800, "{patches} patches");
    assert!(faults.is_empty(), "\n{faults}");
}

/// One thing of a Deployment in all its forms.
type Forms = Vec<fn(Value) -> Value>;

fn proxy(raw: Value, name: &str, image: &str) -> Value {
    changed(raw, "/spec/template/spec/containers", json!([raw_container(), {"name": name, "image": image}]))
}

fn raw_container() -> Value {
    abrupt("web")["spec"]["template"]["spec"]["containers"][0].clone()
}

fn in_mesh(raw: Value, annotations: &Value) -> Value {
    let raw = changed(raw, "/spec/template/metadata/labels/sidecar.istio.io~1inject", json!("true"));
    let mut all = raw["spec"]["template"]["metadata"]["annotations"].clone();
    all.as_object_mut().unwrap().extend(annotations.as_object().unwrap().clone());
    changed(raw, "/spec/template/metadata/annotations", all)
}

/// What a Deployment may be in the ways that bear on fixes: each way with its forms.
fn forms() -> Vec<Forms> {
    vec![
        vec![
            |raw| raw,
            |raw| proxy(raw, "linkerd-proxy", "ghcr.io/linkerd/proxy:2.14"),
            |raw| proxy(raw, "istio-proxy", "docker.io/istio/proxyv2:1.24.0"),
            |raw| proxy(raw, "front", "nginx:1.29"),
            |raw| in_mesh(raw, &json!({})),
            |raw| in_mesh(raw, &json!({"sidecar.istio.io/nativeSidecar": "true"})),
            |raw| in_mesh(raw, &json!({"proxy.istio.io/config": "terminationDrainDuration: 3s"})),
            |raw| in_mesh(raw, &json!({"proxy.istio.io/config": "terminationDrainDuration: 8s"})),
        ],
        vec![
            |raw| raw,
            |raw| changed(raw, GRACE, json!(0)),
            |raw| changed(raw, GRACE, json!(8)),
            |raw| changed(raw, GRACE, json!(19)),
            |raw| changed(raw, GRACE, json!(20)),
            |raw| changed(raw, GRACE, json!(30)),
        ],
        vec![|raw| raw, |raw| changed(raw, SLEEP, json!(0)), |raw| changed(raw, SLEEP, json!(12))],
        vec![|raw| raw, |raw| annotated(raw, &[("no502.dev/longest-request", "2s")]), |raw| {
            annotated(raw, &[("no502.dev/longest-request", "45s")])
        }],
        vec![|raw| raw, |raw| changed(raw, "/spec/strategy", json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}))],
        vec![|raw| raw, |raw| changed(raw, "/spec/template/spec/containers/0/readinessProbe", Value::Null), |raw| {
            let raw = changed(raw, "/spec/template/spec/containers/0/readinessProbe", Value::Null);
            changed(raw, "/spec/template/spec/containers/0/livenessProbe", json!({"tcpSocket": {"port": 8080}}))
        }],
    ]
}

fn deployments() -> Vec<Value> {
    let combined = |all: Vec<Value>, forms: Forms| -> Vec<Value> {
        all.iter().flat_map(|raw| forms.iter().map(|form| form(raw.clone())).collect::<Vec<_>>()).collect()
    };
    forms().into_iter().fold(vec![abrupt("web")], combined)
}

#[test]
fn of_no_deployment_a_fix_brings_what_was_not_there() {
    let (mut faults, mut patches) = (String::new(), 0);
    let mut inventory = Inventory::new();
    for raw in [service("web"), ingress("web")] {
        inventory.apply(Model::read(&object(&raw)));
    }
    for profile in ["baseline", "strict"] {
        let mut document = json!({"profiles": {}});
        all_fixes(&mut document, profile);
        let plan = policy(&format!("defaults: {{enforce: {profile}}}\nprofiles: {}", document["profiles"]));
        let shop = Shop { inventory: &inventory, plan: &plan, profile };
        for raw in deployments() {
            let own = object(&raw);
            let first = faults.len();
            patches += shop.holds("a Deployment", &own, &mut faults);
            if faults.len() > first {
                let _ = writeln!(faults, "{}", raw.pointer(POD).unwrap());
            }
        }
    }
    eprintln!("{patches} patches of Deployments");
    assert!(patches > 3000, "{patches} patches");
    assert!(faults.is_empty(), "\n{faults}");
}

/// A cluster whose policy wants longer hooks than the fix writes, and in which nobody knows the gateway.
fn impatient() -> Cluster {
    let rules = "{prestop-too-short: {atLeast: 12s}, readiness-probe-missing: {fix: true}}";
    let plan = policy(&format!("defaults: {{enforce: baseline}}\nprofiles: {{baseline: {{rules: {rules}}}}}"));
    let outside = changed(service("web"), "/spec/type", json!("LoadBalancer"));
    Cluster { plan, inventory: Inventory::new() }.with([outside])
}

fn repaired(cluster: &Cluster, raw: &Value) -> Outcome {
    repair(&Change::create(object(raw)), &cluster.inventory, &cluster.plan, TODAY)
}

#[test]
fn a_fix_that_the_policy_makes_clash_is_held_back_and_another_one_is_not() {
    let raw = changed(abrupt("web"), "/spec/template/spec/containers/0/readinessProbe", Value::Null);
    let outcome = repaired(&impatient(), &raw);
    assert_eq!(outcome.patch.expect("a patch").rules, ["readiness-probe-missing"]);
    let field = "/spec/template/spec/containers/0".to_owned();
    assert_eq!(outcome.held, [Held { rule: "prestop-missing", field, brings: "prestop-too-short" }]);
}

#[test]
fn what_somebody_accepts_holds_no_fix_back() {
    let allow = [
        ("no502.dev/allow", "prestop-too-short"),
        ("no502.dev/allow-reason", "they learn of it sooner"),
        ("no502.dev/allow-until", "2027-06-30"),
    ];
    assert!(repaired(&impatient(), &abrupt("web")).patch.is_none());
    assert!(repaired(&impatient(), &annotated(abrupt("web"), &allow)).patch.is_some());
}

#[test]
fn a_fix_that_another_one_completes_comes_with_it() {
    let cluster = Cluster::enforcing("baseline").with([service("web"), ingress("web")]);
    let outcome = repaired(&cluster, &proxy(deployment("web"), "linkerd-proxy", "ghcr.io/linkerd/proxy:2.14"));
    let patch = outcome.patch.expect("a patch");
    assert_eq!((patch.rules, outcome.held), (vec!["prestop-missing", "sidecar-leaves-first"], Vec::new()));
    let sleeps = |index: usize| patch.patched.pointer(&format!("{POD}/containers/{index}/lifecycle/preStop/sleep/seconds"));
    assert_eq!((sleeps(0), sleeps(1)), (Some(&json!(10)), Some(&json!(10))));
}
