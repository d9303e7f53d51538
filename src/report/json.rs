//! The report as JSON.

use std::io::{self, Write};

use super::Report;

/// The report as JSON, for machines.
///
/// # Errors
/// If it cannot be written.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
