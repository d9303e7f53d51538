//! Waiting for something to become true.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::fault::{Fault, Result};

/// Asks every 100 ms until the answer is `Ok`; an `Err` says what is still missing.
pub(crate) async fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(last) if start.elapsed() > limit => {
                return Err(Fault::TimedOut { what: what.to_owned(), after: limit, last });
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
