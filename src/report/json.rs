//! The report as JSON.

use super::Report;

/// The report as JSON, for machines.
#[must_use]
pub fn json(report: &Report) -> String {
    // All keys are texts, so nothing can fail.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
