//! What goes wrong without any request: crashes, and memory that only grows.

use std::{future::pending, time::Duration};

const MIB: usize = 1 << 20;

/// Ends with code 1 after this time.
pub async fn crash(after: Option<Duration>) -> u8 {
    match after {
        Some(after) => tokio::time::sleep(after).await,
        None => pending().await,
    }
    1
}

/// Takes more memory without end.
pub async fn grow(mib_per_second: Option<u32>) -> u8 {
    let Some(rate) = mib_per_second.filter(|rate| *rate > 0) else {
        return pending().await;
    };
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut kept = Vec::new();
    loop {
        ticks.tick().await;
        // Anything but zero: pages of zeros would not be real memory until someone writes.
        kept.push(vec![1_u8; MIB]);
        std::hint::black_box(&kept);
    }
}
