//! Waiting for something to become true.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::fault::{Fault, Result};

/// The first pause between two questions, and the longest: to ask costs the machine something, too.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Asks again and again until the answer is `Ok`; an `Err` says what is still missing.
pub(crate) async fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let start = Instant::now();
    let (mut pause, longest) = PAUSES;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(last) if start.elapsed() > limit => {
                return Err(Fault::TimedOut { what: what.to_owned(), after: limit, last });
            }
            Err(_) => sleep(pause).await,
        }
        pause = longest.min(pause * 3 / 2);
    }
}
