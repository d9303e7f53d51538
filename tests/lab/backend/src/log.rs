//! Lines on standard output: UNIX microseconds, a word, then names with values.

use std::{
    fmt,
    io::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

/// Microseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "what is measured here is the time itself")]
pub fn unix_micros() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()
}

/// Writes one line. A reader that has gone is no reason to end.
pub fn say(line: fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{} {line}", unix_micros()).and_then(|()| out.flush());
}
