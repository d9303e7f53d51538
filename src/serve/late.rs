//! Late findings: what a lagging watch missed when a change was judged is judged again when it has delivered more.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tracing::warn;

use super::state::{State, today};
use crate::engine::{self, Change, Outcome};
use crate::finding::Finding;
use crate::object::ObjectId;

/// For how long a change is judged again.
const HORIZON: Duration = Duration::from_secs(30);
/// How many changes are judged again; the oldest make room.
const CHANGES: usize = 1000;
/// How long the watch may rest before it is asked what came.
const PAUSE: Duration = Duration::from_millis(300);

/// A change that was let pass, and what was said of it and around it.
#[derive(Debug)]
pub(super) struct Awaited {
    id: ObjectId,
    said: HashSet<u64>,
    since: Instant,
}

fn fingerprint(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    finding.identity().hash(&mut hasher);
    hasher.finish()
}

impl State {
    /// Remembers a change that was let pass, so that it is judged again when the watch delivers more.
    pub(super) fn await_more(&self, change: &Change, outcome: &Outcome) {
        let Some(object) = &change.after else { return };
        if outcome.profiles.is_empty() {
            return;
        }
        let said = outcome.spoken.iter().map(|spoken| fingerprint(&spoken.finding)).collect();
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.retain(|known| known.id != object.id);
        if awaited.len() == CHANGES {
            awaited.pop_front();
        }
        awaited.push_back(Awaited { id: object.id.clone(), said, since: Instant::now() });
    }
}

/// Judges what is awaited again whenever the watch has delivered something, until the task is dropped.
pub(super) async fn look_again(state: Arc<State>) {
    let mut changes = state.store.changes();
    while changes.changed().await.is_ok() {
        tokio::time::sleep(PAUSE).await;
        changes.mark_unchanged();
        once(&state);
    }
}

fn once(state: &State) {
    let plan = state.plan();
    let mut awaited = state.awaited.lock().unwrap_or_else(PoisonError::into_inner);
    awaited.retain(|entry| entry.since.elapsed() < HORIZON);
    let mut said: HashSet<u64> = awaited.iter().flat_map(|entry| entry.said.iter().copied()).collect();
    for entry in awaited.iter_mut() {
        let found = engine::review(&entry.id, &state.store.read(), &plan, today());
        for spoken in found {
            let mark = fingerprint(&spoken.finding);
            // What was said of one change is not said again for its neighbour.
            if said.insert(mark) {
                entry.said.insert(mark);
                let finding = &spoken.finding;
                state.metrics.late_findings.with_label_values(&[finding.rule]).inc();
                warn!(
                    rule = finding.rule,
                    object = %finding.primary.object,
                    level = %spoken.level,
                    mode = spoken.mode.name(),
                    what = finding.message,
                    "late finding: the watch delivered more after the change was judged"
                );
            }
        }
    }
}
