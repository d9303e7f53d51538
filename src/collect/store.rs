//! The inventory that watches fill and requests read: one lock, held for one evaluation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::debug;

use crate::inventory::Inventory;
use crate::model::Model;
use crate::object::{Kind, ObjectId};

/// How a watch is doing.
#[derive(Clone, Debug, Default)]
pub struct WatchState {
    /// Whether all objects were listed once.
    pub is_synced: bool,
    /// Since when the watch is lost, and why.
    pub lost: Option<(Instant, String)>,
}

impl WatchState {
    /// For how long what is known may be out of date.
    #[must_use]
    pub fn staleness(&self) -> Duration {
        self.lost.as_ref().map(|(since, _)| since.elapsed()).unwrap_or_default()
    }
}

/// An inventory that is filled while it is read.
#[derive(Debug)]
pub struct Store {
    /// The kinds without which nothing should be judged.
    required: Vec<Kind>,
    inventory: RwLock<Inventory>,
    watches: Mutex<BTreeMap<Kind, WatchState>>,
    revision: watch::Sender<u64>,
}

impl Store {
    /// An empty inventory that these kinds will fill. Without kinds it is complete at once.
    #[must_use]
    pub fn new(kinds: &[Kind]) -> Self {
        let watches = kinds.iter().map(|kind| (*kind, WatchState::default())).collect();
        Self {
            required: kinds.to_vec(),
            inventory: RwLock::default(),
            watches: Mutex::new(watches),
            revision: watch::Sender::new(0),
        }
    }

    /// The inventory, as it is now.
    pub fn read(&self) -> RwLockReadGuard<'_, Inventory> {
        // A writer that panicked left an inventory that is still a set of whole objects.
        self.inventory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of every change of the inventory.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// How the watches are doing.
    #[must_use]
    pub fn watches(&self) -> BTreeMap<Kind, WatchState> {
        self.lock_watches().clone()
    }

    /// Whether all kinds were listed once. A gateway's `ConfigMap` that cannot be read leaves its settings unknown, and
    /// is no reason to stay away.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        let watches = self.lock_watches();
        self.required.iter().all(|kind| watches.get(kind).is_some_and(|state| state.is_synced))
    }

    pub(super) fn apply(&self, model: Model) {
        self.write(|inventory| inventory.apply(model));
    }

    pub(super) fn delete(&self, id: &ObjectId) {
        self.write(|inventory| inventory.delete(id));
    }

    pub(super) fn reset(&self, kind: Kind, models: Vec<Model>) {
        self.write(|inventory| inventory.reset(kind, models));
    }

    pub(super) fn found(&self, kind: Kind) {
        self.lock_watches().insert(kind, WatchState { is_synced: true, lost: None });
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// The API server knows no such kind, so there are no objects of it.
    pub(super) fn absent(&self, kind: Kind) {
        let is_known = self.lock_watches().get(&kind).is_some_and(|state| state.is_synced && state.lost.is_none());
        if !is_known || self.read().count(kind) > 0 {
            debug!(kind = kind.name(), "the API server does not know this kind");
            self.reset(kind, Vec::new());
            self.found(kind);
        }
    }

    /// Nothing waits for objects of a kind that cannot be listed.
    pub(super) fn waived(&self, kind: Kind) {
        if !std::mem::replace(&mut self.lock_watches().entry(kind).or_default().is_synced, true) {
            self.revision.send_modify(|revision| *revision += 1);
        }
    }

    pub(super) fn recovered(&self, kind: Kind) {
        self.lock_watches().entry(kind).or_default().lost = None;
    }

    pub(super) fn lost(&self, kind: Kind, reason: String) {
        let mut watches = self.lock_watches();
        let state = watches.entry(kind).or_default();
        let since = state.lost.as_ref().map_or_else(Instant::now, |(since, _)| *since);
        state.lost = Some((since, reason));
    }

    fn write(&self, change: impl FnOnce(&mut Inventory)) {
        change(&mut self.inventory.write().unwrap_or_else(PoisonError::into_inner));
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn lock_watches(&self) -> MutexGuard<'_, BTreeMap<Kind, WatchState>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
