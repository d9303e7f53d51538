//! Lenient access to JSON: what has another shape than expected is absent.

use serde_json::Value;

use crate::units::{Duration, kubernetes_seconds};

/// The elements of a list; none where it is no list.
pub(super) fn list(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

/// The text of a string; empty where it is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number that fits `u16`, as ports do.
pub(super) fn port_number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0)
}

/// A count. Placeholders and other texts are no counts.
pub(super) fn count(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// Seconds of a field, where it holds a number.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    value.as_i64().map(kubernetes_seconds)
}
