//! `no502 check --baseline`: what was found on the day the gate was put up does not count.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::CliError;
use super::output::replace;
use super::place::{flat, from_folder, real};
use crate::collect::files::{Input, STDIN};
use crate::report::{Baseline, Entry, Report, Scope};

/// Arguments of `no502 check` about the baseline.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Findings that this file holds are known and do not count; what of it is gone is told. --write-baseline writes it
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found now into the file of --baseline, after fixes; it does not count then. What this run does not look
    /// at (other folders, other rules) stays in the file
    #[arg(long, requires = "baseline", conflicts_with_all = ["diff", "changed_since"])]
    write_baseline: bool,
    /// Take what is gone out of the file of --baseline, and add nothing
    #[arg(long, requires = "baseline", conflicts_with_all = ["diff", "write_baseline"])]
    prune_baseline: bool,
}

/// A baseline to compare with.
pub(super) struct Known<'o> {
    asked: &'o Asked,
    file: &'o Path,
    /// What the file holds; none where it is written for the first time.
    held: Option<Baseline>,
}

impl Asked {
    /// Reads the file, if there is to be one.
    pub(super) fn read(&self) -> Result<Option<Known<'_>>, CliError> {
        let Some(file) = self.baseline.as_deref() else { return Ok(None) };
        let unusable = |reason: String| CliError::Unusable(format!("baseline {}: {reason}", file.display()));
        let held = match fs::read_to_string(file) {
            Ok(text) => {
                let again = "; to begin anew, remove the file and run with --write-baseline";
                Some(Baseline::parse(&text).map_err(|reason| unusable(reason + again))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.write_baseline => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(unusable("there is no such file; --write-baseline writes it".to_owned()));
            }
            Err(error) => return Err(unusable(error.to_string())),
        };
        Ok(Some(Known { asked: self, file, held }))
    }
}

impl Known<'_> {
    /// Tells in the report what is known and what is gone, and writes the file where that is asked for.
    pub(super) fn apply(self, report: &mut Report, input: &Input, reach: &Reach<'_>) -> Result<(), CliError> {
        let name = self.file.display().to_string();
        let folder = real(self.file).parent().map(Path::to_owned).unwrap_or_default();
        let seen = Seen::new(input, reach);
        let path = |name: &str| if name == STDIN { name.to_owned() } else { from_folder(&folder, &real(Path::new(name))) };
        let is_covered = |entry: &Entry| seen.covers(entry, &folder.join(&entry.file));
        let is_there = |file: &str| file == STDIN || folder.join(file).exists();
        let scope = Scope { path: &path, is_covered: &is_covered, is_there: &is_there };
        if self.asked.write_baseline {
            let now = Baseline::of(report, self.held, &scope);
            write(self.file, &now)?;
            say(&format!("{name}: findings in it now: {}", now.len()));
            report.compare(&now, &name, &scope);
            return Ok(());
        }
        let Some(held) = self.held else { return Ok(()) };
        report.compare(&held, &name, &scope);
        if let Some(compared) = report.baseline.as_mut().filter(|_| self.asked.prune_baseline) {
            let gone = std::mem::take(&mut compared.gone);
            let left = held.without(&gone);
            write(self.file, &left)?;
            say(&format!("{name}: findings in it now: {}, taken out: {}", left.len(), gone.len()));
        }
        Ok(())
    }
}

fn say(what: &str) {
    let _ = writeln!(io::stderr(), "no502: {what}");
}

fn write(file: &Path, baseline: &Baseline) -> Result<(), CliError> {
    let text = baseline.to_text().map_err(|error| CliError::Failed(error.to_string()))?;
    replace(file, |out| out.write_all(text.as_bytes()))
        .map_err(|error| CliError::Unusable(format!("baseline {}: {error}", file.display())))
}

/// What a run was asked to look at.
pub(super) struct Reach<'a> {
    /// Files and folders.
    pub(super) paths: &'a [PathBuf],
    /// Rules; all where there is none.
    pub(super) rules: &'a [String],
}

/// What a run did look at, by whole paths.
struct Seen<'a> {
    rules: &'a [String],
    paths: Vec<PathBuf>,
    unreadable: BTreeSet<PathBuf>,
    has_stdin: bool,
}

impl<'a> Seen<'a> {
    fn new(input: &Input, reach: &Reach<'a>) -> Self {
        Self {
            rules: reach.rules,
            paths: reach.paths.iter().map(|path| fs::canonicalize(path).unwrap_or_else(|_| real(path))).collect(),
            unreadable: input.notes.iter().map(|note| real(Path::new(&note.file))).collect(),
            has_stdin: reach.paths.iter().any(|path| path.as_os_str() == "-"),
        }
    }

    /// Whether a finding would have been found again: its rule was asked, and its file was read or is no more.
    fn covers(&self, entry: &Entry, file: &Path) -> bool {
        let file = flat(file);
        let is_below = |folder: &PathBuf| file.starts_with(folder);
        let is_rule_asked = self.rules.is_empty() || self.rules.contains(&entry.rule);
        let is_file_asked = if entry.file == STDIN { self.has_stdin } else { self.paths.iter().any(is_below) };
        is_rule_asked && is_file_asked && !self.unreadable.iter().any(is_below)
    }
}
