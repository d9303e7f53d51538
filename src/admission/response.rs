//! From an outcome to the bytes of an answer.
//!
//! The types are our own: the patch is base64 text, as the documentation of the API demands.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::message;
use super::review::Reviewed;
use crate::engine::{Operation, Outcome, Verdict};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'r> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'r>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'r> {
    uid: &'r str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'static str, String>,
    // The API server wants both or none.
    #[serde(flatten)]
    patch: Option<EncodedPatch>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EncodedPatch {
    patch: String,
    patch_type: &'static str,
}

#[derive(Serialize)]
struct Status {
    #[serde(rename = "status")]
    kind: &'static str,
    code: u16,
    reason: &'static str,
    message: String,
    details: Details,
}

#[derive(Serialize)]
struct Details {
    causes: Vec<Cause>,
}

#[derive(Serialize)]
struct Cause {
    reason: &'static str,
    field: String,
    message: String,
}

/// The answer of `/validate`: findings, never a patch.
#[must_use]
pub fn respond(reviewed: &Reviewed, outcome: &Outcome, policy: &str, micros: u128) -> Vec<u8> {
    let operation = reviewed.change.as_ref().map_or(Operation::Create, |change| change.operation);
    let after = reviewed.change.as_ref().and_then(|change| change.after.as_ref());
    let leads_to_pods = after.is_some_and(|after| after.id.kind.leads_to_pods());
    let is_denied = outcome.verdict == Verdict::Deny;
    let status = is_denied.then(|| {
        let denied = outcome.spoken.iter().filter(|spoken| spoken.denies);
        let causes = denied.map(|spoken| Cause {
            reason: spoken.finding.rule,
            field: spoken.finding.primary.address.pointer(),
            message: spoken.finding.message.clone(),
        });
        let object = format!("{} {}", reviewed.kind, reviewed.object);
        let message = message::denial(&object, outcome);
        Status { kind: "Failure", code: 403, reason: "Forbidden", message, details: Details { causes: causes.collect() } }
    });
    write(Response {
        uid: &reviewed.uid,
        allowed: !is_denied,
        status,
        warnings: message::warnings(operation, leads_to_pods, outcome),
        audit_annotations: annotations(outcome, policy, micros),
        patch: None,
    })
}

/// The answer of `/mutate`: a patch and one warning that names what it adds, never a denial.
#[must_use]
pub fn respond_patch(reviewed: &Reviewed, outcome: &Outcome) -> Vec<u8> {
    let patch = outcome.patch.as_ref().and_then(|patch| {
        let operations = serde_json::to_vec(&patch.operations).ok()?;
        Some((patch, EncodedPatch { patch: STANDARD.encode(operations), patch_type: "JSONPatch" }))
    });
    let mut response = Response { uid: &reviewed.uid, allowed: true, ..Response::default() };
    if let Some((patch, encoded)) = patch {
        let name = reviewed.object.rsplit('/').next().unwrap_or_default();
        // Pods of the template before are not helped: the rollout that brings a hook in is itself without one.
        let is_update = reviewed.change.as_ref().is_some_and(|change| change.operation == Operation::Update);
        let until = if is_update { "; pods that run now still lack it" } else { "" };
        let line = format!(
            "no502 [{}] {} {name}: injected, see annotation no502.dev/injected{until}",
            patch.rules.join(","),
            reviewed.kind
        );
        response.warnings = vec![message::line(&line)];
        response.audit_annotations.insert("injected", patch.rules.join(","));
        response.patch = Some(encoded);
    }
    write(response)
}

/// The answer where there is nothing to judge: other people's types are not ours to refuse.
#[must_use]
pub fn allow_unread(reviewed: &Reviewed) -> Vec<u8> {
    let warnings = reviewed.note.iter().map(|note| message::line(&format!("no502: {note}"))).collect();
    write(Response { uid: &reviewed.uid, allowed: true, warnings, ..Response::default() })
}

fn write(response: Response<'_>) -> Vec<u8> {
    let review = Review { api_version: "admission.k8s.io/v1", kind: "AdmissionReview", response };
    serde_json::to_vec(&review).unwrap_or_default()
}

/// What stands in the API server's audit log. Keys must not hold a slash.
fn annotations(outcome: &Outcome, policy: &str, micros: u128) -> BTreeMap<&'static str, String> {
    if outcome.profiles.is_empty() && outcome.spoken.is_empty() {
        return BTreeMap::new();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for spoken in outcome.spoken.iter().filter(|spoken| !spoken.is_excepted()) {
        *counts.entry(spoken.finding.rule).or_default() += 1;
    }
    let list = |items: Vec<String>| items.join(",");
    let mut annotations = BTreeMap::from([
        ("verdict", outcome.verdict.name().to_owned()),
        ("profiles", list(outcome.profiles.iter().map(|(mode, name)| format!("{}={name}", mode.name())).collect())),
        ("policy", policy.to_owned()),
        ("duration-us", micros.to_string()),
    ]);
    if !counts.is_empty() {
        annotations.insert("findings", list(counts.iter().map(|(rule, count)| format!("{rule}={count}")).collect()));
    }
    let excepted: Vec<String> =
        outcome.spoken.iter().filter(|spoken| spoken.is_excepted()).map(|spoken| spoken.finding.rule.to_owned()).collect();
    if !excepted.is_empty() {
        annotations.insert("excepted", list(excepted));
    }
    annotations
}
