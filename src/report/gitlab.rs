//! The report as GitLab's code quality report, which a merge request shows beside the changed lines.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::paths::relative;
use super::plain::{headline, unread};
use super::{Item, Report, ReportNote};
use crate::engine::digest;

/// One entry. GitLab stops reading at the first one that lacks a field.
#[derive(Serialize)]
struct Entry<'r> {
    description: String,
    check_name: &'r str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The report as GitLab's code quality report. A finding counts as the same in two reports if its fingerprint is the same,
/// and of two with one fingerprint in a report only one is shown.
///
/// # Errors
/// If it cannot be written.
pub fn gitlab(report: &Report, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut taken = BTreeMap::new();
    let mut entries: Vec<Entry<'_>> = report.remaining().map(|item| finding(item, here)).collect();
    entries.extend(report.notes.iter().map(|note| unreadable(note, here)));
    for entry in &mut entries {
        let times: &mut usize = taken.entry(entry.fingerprint.clone()).or_default();
        if *times > 0 {
            entry.fingerprint = digest(&format!("{}\n{times}", entry.fingerprint));
        }
        *times += 1;
    }
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

fn finding<'r>(item: &'r Item, here: &Path) -> Entry<'r> {
    let severity = match (item.is_excepted(), item.level.as_str(), item.certainty) {
        (true, _, _) => "info",
        (false, "error", _) => "critical",
        (false, _, "pending") => "minor",
        (false, _, _) => "major",
    };
    let exception = item.exception.as_ref().map(|exception| format!(" (exception: {})", exception.reason));
    Entry {
        description: headline(item) + &exception.unwrap_or_default(),
        check_name: item.rule,
        fingerprint: item.fingerprint.clone(),
        severity,
        location: Location { path: relative(&item.file, here), lines: Lines { begin: item.line } },
    }
}

fn unreadable<'r>(note: &ReportNote, here: &Path) -> Entry<'r> {
    let path = relative(&note.file, here);
    Entry {
        description: unread(note),
        check_name: "unreadable",
        fingerprint: digest(&format!("unreadable\n{path}\n{}", note.message)),
        severity: "blocker",
        location: Location { path, lines: Lines { begin: note.line } },
    }
}
