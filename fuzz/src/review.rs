//! The body of an admission review, through both questions and back to bytes.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Date, date};
use no502::admission::{self, Reviewed};
use no502::engine::{self, Plan, Verdict};
use no502::inventory::Inventory;
use no502::model::Model;
use no502::object::Object;
use serde_json::{Value, json};

const TODAY: Date = date(2027, 1, 15);

/// Everything that has rules on, so that each rule sees what was sent.
const STRICT: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\ndefaults:\n  enforce: strict\n  warn: baseline\n";

struct Setting {
    plans: Vec<Plan>,
    inventories: Vec<Inventory>,
}

static SETTING: LazyLock<Setting> = LazyLock::new(|| {
    let mut plans = vec![Plan::standalone().expect("the shipped profiles are good"), Plan::parse(STRICT).expect("good")];
    for plan in &mut plans {
        plan.has_cluster = true;
    }
    let mut filled = Inventory::new();
    for raw in neighbours() {
        filled.apply(Model::read(&Object::new(raw, "").expect("a kind that is read")));
    }
    Setting { plans, inventories: vec![Inventory::new(), filled] }
});

/// What the seeds lead to, and what leads to them.
fn neighbours() -> Vec<Value> {
    let pod = json!({"metadata": {"labels": {"app": "api"}},
        "spec": {"containers": [{"name": "api", "ports": [{"containerPort": 8080, "name": "http"}]}]}});
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"no502.dev/enforce": "strict", "no502.dev/warn": "nobody"}}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "controller", "namespace": "ingress-nginx"}, "data": {"proxy-read-timeout": "30"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ingressClassName": "nginx",
                "rules": [{"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": "api"}}, "template": pod}}),
    ]
}

/// Reads the body, asks both questions of every plan and inventory, and looks at the answers as the API server would.
///
/// # Panics
/// Where an answer breaks a promise.
pub fn check(body: &[u8]) {
    let Ok(reviewed) = admission::read(body) else { return };
    if reviewed.change.is_none() {
        let response = response(&reviewed, &admission::allow_unread(&reviewed));
        assert_eq!(response["allowed"], true, "what is not read is let pass");
        return;
    }
    for plan in &SETTING.plans {
        for inventory in &SETTING.inventories {
            validated(&reviewed, inventory, plan);
            mutated(&reviewed, inventory, plan);
        }
    }
}

fn validated(reviewed: &Reviewed, inventory: &Inventory, plan: &Plan) {
    let Some(change) = &reviewed.change else { return };
    let bytes = || {
        let outcome = engine::evaluate(change, inventory, plan, TODAY);
        assert_eq!(outcome.panics, [""; 0], "a rule panicked");
        assert!(outcome.patch.is_none(), "validation never patches");
        (outcome.verdict, admission::respond(reviewed, &outcome, &plan.hash, 0))
    };
    let (verdict, answer) = bytes();
    assert_eq!(answer, bytes().1, "the same question has the same answer");
    let response = response(reviewed, &answer);
    assert_eq!(response["allowed"], verdict != Verdict::Deny);
    assert_eq!(response["status"].is_object(), verdict == Verdict::Deny, "a denial, and only a denial, has a status");
    if verdict == Verdict::Deny {
        assert_eq!(response["status"]["code"], 403);
        let causes = response["status"]["details"]["causes"].as_array().expect("causes");
        assert!(!causes.is_empty(), "a denial names its causes");
    }
}

fn mutated(reviewed: &Reviewed, inventory: &Inventory, plan: &Plan) {
    let Some(change) = &reviewed.change else { return };
    let outcome = engine::repair(change, inventory, plan, TODAY);
    assert_eq!(outcome.panics, [""; 0], "a rule panicked");
    let response = response(reviewed, &admission::respond_patch(reviewed, &outcome));
    assert_eq!(response["allowed"], true, "the mutating webhook never denies");
    assert_eq!(response["patch"].is_string(), response["patchType"] == "JSONPatch", "the patch and its type come together");
    let (Some(text), Some(after)) = (response["patch"].as_str(), &change.after) else { return };
    let patch: json_patch::Patch = serde_json::from_slice(&STANDARD.decode(text).expect("base64")).expect("a JSON patch");
    let mut patched = after.raw.clone();
    json_patch::patch(&mut patched, &patch).expect("a patch that applies");
    let mut written = patch.0.iter().map(|operation| match operation {
        json_patch::PatchOperation::Add(add) => (add.path.to_string(), after.raw.pointer(add.path.as_str())),
        json_patch::PatchOperation::Replace(replace) => (replace.path.to_string(), None),
        other => panic!("neither adds nor raises: {other}"),
    });
    let overwritten = written.find(|(_, before)| before.is_some_and(|before| !before.is_null()));
    assert_eq!(overwritten, None, "what a person wrote stays");
    let again = no502::engine::Change {
        operation: change.operation,
        namespace: change.namespace.clone(),
        after: Some(Object { id: after.id.clone(), raw: patched }),
        before_text: change.before_text.clone(),
    };
    let second = engine::repair(&again, inventory, plan, TODAY).patch;
    assert!(second.is_none(), "asked again, nothing is left to add: {:?}", second.map(|patch| patch.summary));
}

/// The response in an answer, with what holds for every one.
fn response(reviewed: &Reviewed, answer: &[u8]) -> Value {
    let mut review: Value = serde_json::from_slice(answer).expect("JSON");
    assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(review["kind"], "AdmissionReview");
    let response = review["response"].take();
    assert_eq!(response["uid"], *reviewed.uid, "the uid comes back");
    assert!(response["allowed"].is_boolean());
    for warning in response["warnings"].as_array().into_iter().flatten() {
        let warning = warning.as_str().expect("text");
        assert!(!warning.contains(char::is_control), "the API server drops a warning with control characters: {warning:?}");
    }
    for (key, value) in response["auditAnnotations"].as_object().into_iter().flatten() {
        assert!(!key.contains('/') && value.is_string(), "the API server puts its own prefix before {key}");
    }
    response
}
