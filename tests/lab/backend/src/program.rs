//! What all connections of the process share: the flags, the counts, and whether it works yet.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::{
    flags::{Flags, Ready},
    log::say,
};

/// The state of the process.
pub struct Program {
    /// The flags it was started with.
    pub flags: Flags,
    /// The value of x-backend.
    pub name: String,
    /// Open connections, WebSockets too.
    pub open: Arc<Count>,
    /// Requests whose answer has not ended.
    pub running: Arc<Count>,
    /// Ports that listen.
    pub ports: Arc<Count>,
    /// True from the moment at which no port may listen any more.
    pub refusing: watch::Sender<bool>,
    /// True from the moment at which connections shall end.
    pub draining: watch::Sender<bool>,
    /// The gRPC health service.
    pub health: HealthServer<HealthService>,
    reporter: HealthReporter,
    connections: AtomicU64,
    started: Instant,
}

impl Program {
    /// Begins to count the time.
    pub fn new(flags: Flags) -> Self {
        let reporter = HealthReporter::new();
        Self {
            name: flags.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(host_name),
            flags,
            open: Arc::default(),
            running: Arc::default(),
            ports: Arc::default(),
            refusing: watch::Sender::new(false),
            draining: watch::Sender::new(false),
            health: HealthServer::new(HealthService::from_health_reporter(reporter.clone())),
            reporter,
            connections: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// The number of the next connection.
    pub fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether requests are answered as they should be.
    pub fn works(&self) -> bool {
        self.started.elapsed() >= self.flags.ready_after
    }

    /// What the readiness probe is told.
    pub fn is_ready(&self) -> bool {
        let failed = self.flags.ready_fails_after.is_some_and(|after| self.started.elapsed() >= after);
        self.flags.ready == Ready::Lies || (self.works() && !failed)
    }

    /// How much of a time after the start is still to come.
    pub fn until(&self, after: Duration) -> Duration {
        after.saturating_sub(self.started.elapsed())
    }

    /// Says when the program works, and keeps the gRPC health service up to date.
    pub async fn follow_readiness(&self) {
        self.report().await;
        tokio::time::sleep(self.until(self.flags.ready_after)).await;
        self.report().await;
        say(format_args!("ready after_ms={}", self.started.elapsed().as_millis()));
        if let Some(after) = self.flags.ready_fails_after {
            tokio::time::sleep(self.until(after)).await;
            self.report().await;
            say(format_args!("unready"));
        }
    }

    async fn report(&self) {
        let status = if self.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status("", status).await;
    }
}

/// A count that can be waited for.
#[derive(Default)]
pub struct Count(watch::Sender<u64>);

impl Count {
    /// One more, until what is returned is dropped.
    pub fn enter(self: &Arc<Self>) -> Entered {
        self.0.send_modify(|count| *count += 1);
        Entered(Arc::clone(self))
    }

    /// How many there are.
    pub fn now(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until there are none.
    pub async fn none(&self) {
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Waits until there have been none for this long, without a break.
    pub async fn none_for(&self, time: Duration) {
        let mut counts = self.0.subscribe();
        loop {
            let _ = counts.wait_for(|count| *count == 0).await;
            tokio::select! {
                _ = counts.changed() => {}
                () = tokio::time::sleep(time) => return,
            }
        }
    }
}

/// One that is counted.
pub struct Entered(Arc<Count>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "backend".to_owned() } else { name.to_owned() }
}
