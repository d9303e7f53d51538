//! Open-loop load: requests at a constant rate, each sent at its scheduled instant whatever became of the others.
//!
//! The time of a request counts from that instant, so an answer that comes late is late in the record too, and a
//! gateway that stalls cannot slow the load down (no coordinated omission).

mod client;
mod command;
mod connection;
mod failure;
mod grpc;
mod record;
mod timeline;
mod tls;
mod traffic;
mod websocket;

#[cfg(test)]
mod servers;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

pub(crate) use self::command::command;
pub(crate) use self::failure::Failure;
pub(crate) use self::record::{Answer, Record, Reply};
pub(crate) use self::timeline::Timeline;
pub(crate) use self::traffic::{BadTraffic, Connections, Traffic};

use self::client::Client;

/// A load that runs. Dropped, it sends nothing more.
pub(crate) struct Load {
    run: Arc<Run>,
    halt: oneshot::Sender<()>,
    /// Closed once the last request has its answer.
    done: mpsc::Receiver<Infallible>,
}

/// What the requests of one load share.
struct Run {
    client: Client,
    rate: u32,
    timeout: Duration,
    started: SystemTime,
    start: Instant,
    answers: Mutex<Vec<Answer>>,
    lateness_micros: AtomicU64,
}

/// How much longer than its time limit a request may keep the end of a load waiting.
const SLACK: Duration = Duration::from_secs(1);

impl Load {
    /// Starts to send, on the runtime of the caller.
    ///
    /// # Errors
    /// Where host, path, headers or server name cannot be sent.
    pub(crate) fn start(traffic: &Traffic) -> Result<Self, BadTraffic> {
        let run = Arc::new(Run::new(traffic)?);
        let (halt, halted) = oneshot::channel();
        let (guard, done) = mpsc::channel(1);
        tokio::spawn(schedule(Arc::clone(&run), halted, guard));
        Ok(Self { run, halt, done })
    }

    /// Sends nothing more, waits for the answers still out, and hands over all of them.
    pub(crate) async fn stop(mut self) -> Record {
        let lasted = self.run.start.elapsed();
        // Where nobody listens any more, it has ended already.
        let _ = self.halt.send(());
        let _ = tokio::time::timeout(self.run.timeout + SLACK, self.done.recv()).await;
        let mut answers = std::mem::take(&mut *self.run.answers());
        answers.sort_by_key(|answer| answer.sent);
        let lateness = Duration::from_micros(self.run.lateness_micros.load(Ordering::Relaxed));
        Record { started: self.run.started, lasted, lateness, resent: self.run.client.resent(), answers }
    }
}

/// Sends one request on a connection of its own.
///
/// # Errors
/// Where host, path, headers or server name cannot be sent.
pub(crate) async fn once(traffic: &Traffic) -> Result<Answer, BadTraffic> {
    let run = Run::new(traffic)?;
    Ok(run.answer(Duration::ZERO).await.0)
}

impl Run {
    #[allow(clippy::disallowed_methods, reason = "backends tell the time of day at which a request arrived")]
    fn new(traffic: &Traffic) -> Result<Self, BadTraffic> {
        Ok(Self {
            client: Client::new(traffic)?,
            rate: traffic.rate,
            timeout: Duration::from_millis(traffic.timeout.as_millis()),
            started: SystemTime::now(),
            start: Instant::now(),
            answers: Mutex::default(),
            lateness_micros: AtomicU64::new(0),
        })
    }

    /// The scheduled instant of a request, without the sum of rounding errors.
    fn scheduled(&self, request: u64) -> Duration {
        let rate = u64::from(self.rate.max(1));
        Duration::from_secs(request / rate) + Duration::from_nanos(request % rate * 1_000_000_000 / rate)
    }

    async fn answer(&self, sent: Duration) -> (Answer, Option<connection::Connection>) {
        let scheduled = self.start + sent;
        let connection = AtomicU64::new(0);
        let outcome = tokio::time::timeout_at(scheduled + self.timeout, self.client.send(&connection)).await;
        let took = scheduled.elapsed();
        let (result, used) = match outcome {
            Ok(Ok((reply, connection))) => (reply, Some(connection)),
            Ok(Err(failure)) => (Reply::Failure(failure), None),
            Err(_) => (Reply::Failure(Failure::Timeout), None),
        };
        (Answer { sent, took, connection: connection.into_inner(), result }, used)
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Vec<Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a task for each request as its instant comes, until it is told to stop or nobody is left to tell.
async fn schedule(run: Arc<Run>, mut halted: oneshot::Receiver<()>, guard: mpsc::Sender<Infallible>) {
    if run.rate == 0 {
        return;
    }
    for request in 0.. {
        let sent = run.scheduled(request);
        let due = run.start + sent;
        if due > Instant::now() {
            tokio::select! {
                biased;
                _ = &mut halted => return,
                () = tokio::time::sleep_until(due) => {}
            }
        } else if !matches!(halted.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            return;
        }
        tokio::spawn(send(Arc::clone(&run), sent, guard.clone()));
    }
}

async fn send(run: Arc<Run>, sent: Duration, guard: mpsc::Sender<Infallible>) {
    let late = (run.start + sent).elapsed().as_micros();
    run.lateness_micros.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    let (answer, connection) = run.answer(sent).await;
    run.answers().push(answer);
    drop(guard);
    if let Some(connection) = connection {
        run.client.keep(connection).await;
    }
}
