//! Figures: medians, percentiles, and what the kernel says of a process.

use std::fs::read_to_string;
use std::time::Duration;

/// The value below which so many percent of the values lie.
pub(crate) fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or_default()
}

/// The middle of some numbers.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let lower = sorted.get((sorted.len().max(1) - 1) / 2).copied().unwrap_or(f64::NAN);
    lower.midpoint(upper)
}

/// A line of `/proc/PID/status` in MiB: `VmRSS` (now) or `VmHWM` (the most there ever was).
pub(crate) fn memory(process: &str, line: &str) -> f64 {
    let status = read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = status.lines().find_map(|own| own.strip_prefix(line)?.strip_prefix(':'));
    let kilobytes = value.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}

/// How long the processors have worked for a process.
pub(crate) fn processor_time(process: u32) -> Duration {
    /// `USER_HZ` of the interface is 100 on every Linux.
    const TICK: Duration = Duration::from_millis(10);
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in brackets, may hold spaces; the 12th and 13th field behind it are user and system time.
    let behind = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
    let ticks: u32 = behind.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}
