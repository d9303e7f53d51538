//! One review: bytes in, a decision out, and everything that is said of it elsewhere: log, metrics, what is awaited.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, info};

use super::state::{IN_FLIGHT, State, today};
use crate::admission::{self, Reviewed, Unreadable};
use crate::engine::{self, Outcome, Plan, Spoken, Verdict};

/// Which question is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// What should be added?
    Mutate,
    /// May it pass?
    Validate,
}

impl Question {
    fn path(self) -> &'static str {
        match self {
            Self::Mutate => "mutate",
            Self::Validate => "validate",
        }
    }
}

/// Why a request got no decision.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecided {
    /// The body is no review.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Too many are being judged.
    #[error("{IN_FLIGHT} reviews are being judged; come back in a second")]
    Overload,
}

/// A place among the reviews that are judged at once.
pub(super) struct Place<'s>(&'s State);

impl<'s> Place<'s> {
    pub(super) fn take(state: &'s State) -> Result<Self, Undecided> {
        let before = state.in_flight.fetch_add(1, Ordering::Relaxed);
        state.metrics.in_flight.inc();
        let place = Self(state);
        if before < IN_FLIGHT { Ok(place) } else { Err(Undecided::Overload) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.in_flight.dec();
    }
}

/// Answers a review.
pub(super) async fn decide(
    state: &State,
    question: Question,
    body: &[u8],
    deadline: Option<Duration>,
) -> Result<Vec<u8>, Undecided> {
    let start = Instant::now();
    let reviewed = admission::read(body)?;
    let plan = state.plan();
    let Some(change) = &reviewed.change else {
        note(state, question, &reviewed, &Outcome::untouched(), start);
        return Ok(admission::allow_unread(&reviewed));
    };
    wait_for_namespace(state, &plan, &reviewed, deadline).await;
    let answer = {
        let inventory = state.store.read();
        match question {
            Question::Validate => engine::evaluate(change, &inventory, &plan, today()),
            Question::Mutate => engine::repair(change, &inventory, &plan, today()),
        }
    };
    let bytes = match question {
        Question::Validate => admission::respond(&reviewed, &answer, &plan.hash, start.elapsed().as_micros()),
        Question::Mutate => admission::respond_patch(&reviewed, &answer),
    };
    note(state, question, &reviewed, &answer, start);
    if question == Question::Validate && !reviewed.is_dry_run && answer.verdict != Verdict::Deny && plan.has_cluster {
        state.await_more(change, &answer);
    }
    Ok(bytes)
}

/// The one wait that is allowed: for a namespace that the watch has not delivered yet.
async fn wait_for_namespace(state: &State, plan: &Plan, reviewed: &Reviewed, deadline: Option<Duration>) {
    let namespace = reviewed.namespace.as_str();
    let is_known = || state.store.read().namespace_labels(namespace).is_some();
    // A namespace under review is not waited for: it is its own answer.
    if !plan.has_cluster || reviewed.kind == "Namespace" || namespace.is_empty() || plan.document.exempts(namespace) || is_known()
    {
        return;
    }
    let patience = deadline.map_or(state.patience, |deadline| state.patience.min(deadline / 2));
    let mut changes = state.store.changes();
    let delivered = async { while !is_known() && changes.changed().await.is_ok() {} };
    // Without the labels the document's defaults hold, and the answer says so.
    let _ = tokio::time::timeout(patience, delivered).await;
}

/// Says what was decided, once in the log and once in the metrics.
fn note(state: &State, question: Question, reviewed: &Reviewed, outcome: &Outcome, start: Instant) {
    let elapsed = start.elapsed();
    let metrics = &state.metrics;
    let dry_run = if reviewed.is_dry_run { "true" } else { "false" };
    let kind = known_kind(reviewed);
    metrics
        .requests
        .with_label_values(&[question.path(), known_operation(reviewed), kind, outcome.verdict.name(), dry_run])
        .inc();
    metrics.duration.with_label_values(&[question.path()]).observe(elapsed.as_secs_f64());
    if question == Question::Validate {
        for spoken in &outcome.spoken {
            if spoken.is_excepted() {
                metrics.exceptions_used.with_label_values(&[spoken.finding.rule]).inc();
            } else {
                let level = level_name(spoken);
                metrics.findings.with_label_values(&[spoken.finding.rule, level, spoken.mode.name()]).inc();
            }
        }
    }
    for rule in outcome.patch.iter().flat_map(|patch| &patch.rules) {
        metrics.fixes.with_label_values(&[rule]).inc();
    }
    for rule in &outcome.panics {
        metrics.rule_panics.with_label_values(&[rule]).inc();
        error!(rule, uid = reviewed.uid, "a rule panicked; nothing was refused for it");
    }
    let patched = outcome.patch.as_ref().map(|patch| patch.rules.join(",")).unwrap_or_default();
    info!(
        path = question.path(),
        uid = reviewed.uid,
        user = reviewed.user,
        operation = reviewed.operation,
        kind = reviewed.kind,
        object = reviewed.object,
        dry_run = reviewed.is_dry_run,
        verdict = outcome.verdict.name(),
        rules = rules(outcome),
        patched,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "decided"
    );
}

fn rules(outcome: &Outcome) -> String {
    let mut rules: Vec<&str> =
        outcome.spoken.iter().filter(|spoken| !spoken.is_excepted()).map(|spoken| spoken.finding.rule).collect();
    rules.dedup();
    rules.join(",")
}

fn level_name(spoken: &Spoken) -> &'static str {
    if spoken.level == crate::units::Level::Error { "error" } else { "warning" }
}

/// Labels of metrics come from a closed set, whatever a request claims to be.
fn known_kind(reviewed: &Reviewed) -> &'static str {
    let known = crate::object::Kind::ALL.into_iter().find(|kind| kind.name() == reviewed.kind);
    known.map_or("other", crate::object::Kind::name)
}

fn known_operation(reviewed: &Reviewed) -> &'static str {
    ["CREATE", "UPDATE", "DELETE", "CONNECT"].into_iter().find(|known| *known == reviewed.operation).unwrap_or("other")
}
