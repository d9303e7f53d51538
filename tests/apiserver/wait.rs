//! Waiting for what happens a moment later: informers, watches, processes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fault::{Result, fault};

const STEP: Duration = Duration::from_millis(100);

/// Asks again and again until there is an answer; fails with the last reason when `limit` has passed.
///
/// `Ok(Err(reason))` is "not yet", an outer error ends the waiting at once.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> Result<std::result::Result<T, String>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        match ask()? {
            Ok(answer) => return Ok(answer),
            Err(reason) if Instant::now() >= end => {
                return Err(fault(format!("{what}: not within {} s; last seen: {reason}", limit.as_secs())));
            }
            Err(_) => sleep(STEP),
        }
    }
}

/// The usual patience of a test.
pub(crate) const SOON: Duration = Duration::from_secs(20);
