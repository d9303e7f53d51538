//! A cluster in memory, asked as the API server asks: a review goes in as bytes, an answer comes out as bytes.

use base64::Engine as _;
use jiff::civil::{Date, date};
use no502::admission::{self, Reviewed};
use no502::engine::{self, Outcome, Plan};
use no502::inventory::Inventory;
use no502::model::Model;
use serde_json::{Value, json};

use super::objects::{NAMESPACE, namespace, object};

/// The day on which all of this happens.
pub(super) const TODAY: Date = date(2026, 11, 21);

/// What is known of a cluster, and the policy that holds in it.
pub(super) struct Cluster {
    pub(super) inventory: Inventory,
    pub(super) plan: Plan,
}

/// An answer of the webhook.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) raw: Value,
}

/// A policy that knows the gateway of the class nginx; `body` is laid below it.
pub(super) fn policy(body: &str) -> Plan {
    let gateways = "gateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]";
    let text = format!("apiVersion: no502.dev/v1alpha1\nkind: Policy\n{gateways}\n{body}\n");
    Plan::parse(&text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

impl Cluster {
    /// A cluster with that policy, and a namespace with these labels.
    pub(super) fn new(body: &str, labels: &[(&str, &str)]) -> Self {
        let mut plan = policy(body);
        plan.has_cluster = true;
        Self { inventory: Inventory::new(), plan }.with([namespace(labels)])
    }

    /// A cluster whose namespace enforces this profile.
    pub(super) fn enforcing(profile: &str) -> Self {
        Self::new("", &[("no502.dev/enforce", profile)])
    }

    /// The same with more objects in it.
    pub(super) fn with(mut self, objects: impl IntoIterator<Item = Value>) -> Self {
        objects.into_iter().for_each(|raw| self.inventory.apply(Model::read(&object(&raw))));
        self
    }

    pub(super) fn create(&self, after: &Value) -> Answer {
        self.validate(&review("CREATE", Some(after), None))
    }

    pub(super) fn update(&self, before: &Value, after: &Value) -> Answer {
        self.validate(&review("UPDATE", Some(after), Some(before)))
    }

    pub(super) fn delete(&self, before: &Value) -> Answer {
        self.validate(&review("DELETE", None, Some(before)))
    }

    /// What `/validate` answers.
    pub(super) fn validate(&self, review: &Value) -> Answer {
        let reviewed = read(review);
        let Some(change) = &reviewed.change else { return Answer::new(&admission::allow_unread(&reviewed)) };
        let outcome = engine::evaluate(change, &self.inventory, &self.plan, TODAY);
        Answer::new(&admission::respond(&reviewed, &outcome, &self.plan.hash, 0))
    }

    /// What `/mutate` answers.
    pub(super) fn mutate(&self, review: &Value) -> Answer {
        let reviewed = read(review);
        let Some(change) = &reviewed.change else { return Answer::new(&admission::allow_unread(&reviewed)) };
        let outcome = engine::repair(change, &self.inventory, &self.plan, TODAY);
        Answer::new(&admission::respond_patch(&reviewed, &outcome))
    }

    /// What the engine itself says of a change.
    pub(super) fn outcome(&self, review: &Value) -> Outcome {
        let reviewed = read(review);
        engine::evaluate(reviewed.change.as_ref().expect("a change"), &self.inventory, &self.plan, TODAY)
    }
}

fn read(review: &Value) -> Reviewed {
    admission::read(&serde_json::to_vec(review).expect("JSON")).expect("a review")
}

/// A review as the API server sends it.
pub(super) fn review(operation: &str, after: Option<&Value>, before: Option<&Value>) -> Value {
    let subject = after.or(before).expect("an object");
    let is_namespaced = subject["metadata"]["namespace"].is_string();
    let (group, version) = subject["apiVersion"].as_str().map_or(("", ""), |text| text.split_once('/').unwrap_or(("", text)));
    let mut request = json!({
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": group, "version": version, "kind": subject["kind"]},
        "operation": operation,
        "name": subject["metadata"]["name"],
        "userInfo": {"username": "jane"},
        "object": after, "oldObject": before, "dryRun": false,
    });
    if is_namespaced {
        request["namespace"] = json!(NAMESPACE);
    } else if subject["kind"] == "Namespace" {
        // The API server names a namespace as the namespace of its own request.
        request["namespace"] = subject["metadata"]["name"].clone();
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
}

impl Answer {
    fn new(bytes: &[u8]) -> Self {
        Self { raw: serde_json::from_slice(bytes).expect("an answer in JSON") }
    }

    fn response(&self) -> &Value {
        &self.raw["response"]
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.response()["allowed"].as_bool().expect("allowed or not")
    }

    /// The text of the denial; empty where the change may pass.
    pub(super) fn denial(&self) -> &str {
        self.response()["status"]["message"].as_str().unwrap_or_default()
    }

    pub(super) fn warnings(&self) -> Vec<&str> {
        let warnings = self.response()["warnings"].as_array();
        warnings.into_iter().flatten().map(|line| line.as_str().expect("text")).collect()
    }

    /// The warnings that name a rule.
    pub(super) fn warned(&self, rule: &str) -> Vec<&str> {
        let mark = format!("[{rule}]");
        self.warnings().into_iter().filter(|line| line.contains(&mark)).collect()
    }

    pub(super) fn annotation(&self, key: &str) -> &str {
        self.response()["auditAnnotations"][key].as_str().unwrap_or_default()
    }

    /// The patch; `None` where there is none.
    pub(super) fn patch(&self) -> Option<json_patch::Patch> {
        let encoded = self.response().get("patch")?.as_str().expect("text");
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64");
        Some(serde_json::from_slice(&bytes).expect("a JSON patch"))
    }

    /// That the change passes, whatever is said of it.
    #[track_caller]
    pub(super) fn passes(self) -> Self {
        assert!(self.is_allowed(), "should pass, but: {}", self.denial());
        self
    }

    /// That the change passes and nothing is said.
    #[track_caller]
    pub(super) fn silent(self) -> Self {
        let said = self.passes();
        assert!(said.warnings().is_empty(), "should be silent, but: {:?}", said.warnings());
        said
    }

    /// That the change is refused for this rule.
    #[track_caller]
    pub(super) fn denied_for(self, rule: &str) -> Self {
        assert!(!self.is_allowed(), "should be refused for {rule}, but passes with {:?}", self.warnings());
        assert!(self.denial().contains(&format!("[{rule}]")), "should be refused for {rule}, but: {}", self.denial());
        self
    }

    /// That the change passes with a warning of this rule.
    #[track_caller]
    pub(super) fn warns_of(self, rule: &str) -> Self {
        let said = self.passes();
        assert!(!said.warned(rule).is_empty(), "should warn of {rule}, but: {:?}", said.warnings());
        said
    }
}
