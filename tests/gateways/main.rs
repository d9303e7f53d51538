//! What no502 says of values, against the programs that read them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod nginx;
