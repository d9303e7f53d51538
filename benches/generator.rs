//! The load: closed loops that find the top rate, and an open loop that measures at a rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::client::Target;
use crate::fault::{Result, fault};

/// How connections are used.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Connections {
    /// Each stays open.
    Kept,
    /// Each request opens its own, with a full handshake.
    Fresh,
}

/// Requests per second when each of `clients` sends its next request as soon as it has its answer.
pub(crate) async fn top_rate(
    target: &Target,
    body: &Bytes,
    clients: usize,
    connections: Connections,
    span: Duration,
) -> Result<f64> {
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for _ in 0..clients {
        let (target, body) = (target.clone(), body.clone());
        tasks.spawn(async move {
            let mut answered = 0_u32;
            let mut connection = target.connect().await?;
            while start.elapsed() < span {
                if connections == Connections::Fresh && answered > 0 {
                    connection = target.connect().await?;
                }
                connection.review(&body).await?;
                answered += 1;
            }
            Result::Ok(answered)
        });
    }
    let mut all = 0;
    while let Some(answered) = tasks.join_next().await {
        all += answered??;
    }
    Ok(f64::from(all) / start.elapsed().as_secs_f64())
}

/// How long each answer takes at a steady rate. The clock of a request starts when it was due, not when a connection was
/// free for it: a server that stalls is not spared the requests that came meanwhile.
pub(crate) async fn at_rate(target: &Target, body: &Bytes, rate: f64, span: Duration) -> Result<Vec<Duration>> {
    /// More than are ever in use at half of the top rate, unless the server stalls.
    const CONNECTIONS: usize = 32;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        open.push(target.connect().await?);
    }
    let (due, requests) = mpsc::unbounded_channel();
    let requests = Arc::new(Mutex::new(requests));
    let mut tasks = JoinSet::new();
    for mut connection in open {
        let (requests, body) = (requests.clone(), body.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            loop {
                let next: Option<Instant> = requests.lock().await.recv().await;
                let Some(due) = next else { return Result::Ok(times) };
                connection.review(&body).await?;
                times.push(due.elapsed());
            }
        });
    }
    // A thread sleeps more exactly than the timers of the runtime, which know milliseconds only.
    let pace = std::thread::spawn(move || {
        let start = Instant::now();
        for step in 0_u32.. {
            let at = Duration::from_secs_f64(f64::from(step) / rate);
            if at >= span {
                return;
            }
            std::thread::sleep((start + at).saturating_duration_since(Instant::now()));
            // Nobody listens any more when all connections have failed; their tasks say why.
            let _ = due.send(start + at);
        }
    });
    let mut all = Vec::new();
    while let Some(times) = tasks.join_next().await {
        all.extend(times??);
    }
    pace.join().map_err(|_| fault("the clock stopped"))?;
    Ok(all)
}
