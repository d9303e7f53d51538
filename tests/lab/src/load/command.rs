//! The load alone, for tests that bring a gateway of their own.

use std::io::{read_to_string, stdin};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Load, Traffic};
use crate::fault::{At, Fault, Result};
use crate::say::say;

/// Sends what standard input describes, as experiments do, and prints how many requests came to which outcome, and by how many
/// milliseconds the latest of them was started too late.
pub(crate) async fn command(address: SocketAddr, seconds: u64) -> Result {
    let text = read_to_string(stdin()).at(Path::new("/dev/stdin"))?;
    let traffic: Traffic = serde_json::from_str(&text).map_err(|error| Fault::Other(format!("the traffic: {error}")))?;
    let load = Load::start(&Traffic { address, ..traffic }).map_err(|bad| Fault::Other(bad.to_string()))?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let record = load.stop().await;
    say(json!({"outcomes": record.counts(None), "lateness": record.lateness.as_millis()}));
    Ok(())
}
