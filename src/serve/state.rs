//! What all requests share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::late::Awaited;
use super::metrics::Metrics;
use crate::collect::Store;
use crate::engine::Plan;

/// How many reviews are judged at once; more are told to come back.
pub(super) const IN_FLIGHT: usize = 1024;

/// What all requests share.
pub struct State {
    plan: RwLock<Arc<Plan>>,
    /// The inventory, and how its watches are doing.
    pub store: Arc<Store>,
    /// What is counted.
    pub metrics: Metrics,
    pub(super) is_draining: AtomicBool,
    pub(super) in_flight: AtomicUsize,
    /// The last fault of a policy file that could not be loaded.
    pub(super) policy_fault: Mutex<Option<String>>,
    pub(super) awaited: Mutex<VecDeque<Awaited>>,
    /// The longest wait for a namespace that the watch has not delivered yet.
    pub(super) patience: Duration,
}

impl State {
    /// The state at the start.
    #[must_use]
    pub fn new(plan: Plan, store: Arc<Store>, metrics: Metrics) -> Self {
        metrics.policy_loaded();
        Self {
            plan: RwLock::new(Arc::new(plan)),
            store,
            metrics,
            is_draining: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            policy_fault: Mutex::new(None),
            awaited: Mutex::new(VecDeque::new()),
            patience: Duration::from_millis(500),
        }
    }

    /// The plan that holds now.
    pub fn plan(&self) -> Arc<Plan> {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another plan in its place. Requests that are being judged end by the one they began with.
    pub fn replace_plan(&self, plan: Plan) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
        *self.policy_fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.metrics.policy_loaded();
    }

    /// Whether new connections should come here: all was listed once, and nobody asked to stop.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.is_draining.load(Ordering::Relaxed) && self.store.is_synced()
    }
}

/// Today, in UTC: exceptions end by the day.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}
