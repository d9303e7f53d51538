//! `no502 check --changed-since`: git is asked which files changed.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::CliError;
use super::place::real;
use crate::collect::files::{Input, STDIN};
use crate::report::Report;

/// What to do where the history is not there.
const WHOLE: &str =
    "get the whole history: `git fetch --unshallow`, or in a pipeline `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)";

/// What changed between a commit and the files as they are.
pub(super) struct Changed {
    /// As it was asked for.
    reference: String,
    /// The commit that both have in common.
    base: String,
    /// The folder of the work tree.
    root: PathBuf,
    /// What git keeps, from there.
    tracked: HashSet<PathBuf>,
    /// What differs.
    differs: HashSet<PathBuf>,
    /// What was asked of files.
    told: RefCell<HashMap<String, bool>>,
}

impl Changed {
    /// Asks git, in the folder of the process.
    pub(super) fn since(reference: &str) -> Result<Self, CliError> {
        let unusable = |reason: String| CliError::Unusable(format!("--changed-since {reference}: {reason}"));
        let root = git(&["rev-parse", "--show-toplevel"]).map_err(|said| unusable(format!("git is of no help here: {said}")))?;
        let root = Path::new(line(&root)).to_owned();
        let unknown = || unusable(format!("git knows no such commit or branch. Fetch it (`git fetch origin`), or {WHOLE}"));
        // What looks like an option would be taken for one.
        let wanted = Some(format!("{reference}^{{commit}}")).filter(|wanted| !wanted.starts_with('-')).ok_or_else(unknown)?;
        let commit = git(&["rev-parse", "--verify", "--quiet", &wanted]).map_err(|_| unknown())?;
        let base = git(&["merge-base", line(&commit), "HEAD"]).map_err(|_| unusable(unrelated()))?;
        let base = line(&base).to_owned();
        let differs = ["diff", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff", &base, "--"];
        let listed = |args: &[&str]| git(args).map(|names| paths(&names)).map_err(unusable);
        Ok(Self {
            reference: reference.to_owned(),
            root: fs::canonicalize(&root).unwrap_or(root),
            tracked: listed(&["ls-files", "-z", "--full-name", "--", ":/"])?,
            differs: listed(&differs)?,
            told: RefCell::default(),
            base,
        })
    }

    /// Whether a file changed. Of what git does not keep nobody knows, so it did.
    pub(super) fn holds(&self, file: &str) -> bool {
        if let Some(told) = self.told.borrow().get(file) {
            return *told;
        }
        let path = Path::new(file);
        // Of a link, what it leads to counts as well.
        let paths = [Some(real(path)), fs::canonicalize(path).ok()];
        let holds = file == STDIN || paths.into_iter().flatten().any(|path| self.differs(&path));
        self.told.borrow_mut().insert(file.to_owned(), holds);
        holds
    }

    fn differs(&self, path: &Path) -> bool {
        let Ok(path) = path.strip_prefix(&self.root) else { return true };
        // Of a repository within this one only its folder is known.
        let is_in = |paths: &HashSet<PathBuf>| path.ancestors().any(|own| paths.contains(own));
        is_in(&self.differs) || !is_in(&self.tracked)
    }

    /// Leaves only what is about changed files in a report, and says so.
    pub(super) fn narrow(&self, report: &mut Report, input: &Input) {
        let (all, changed) = (input.files.len(), input.files.iter().filter(|file| self.holds(&file.name)).count());
        let left_out = report.keep(|file| self.holds(file));
        let base: String = self.base.chars().take(10).collect();
        let of = &self.reference;
        let elsewhere = if left_out > 0 { format!("; findings elsewhere that are left out: {left_out}") } else { String::new() };
        let _ = writeln!(io::stderr(), "no502: {changed} of {all} files changed since {of} ({base}){elsewhere}");
    }
}

/// Why two commits have none in common.
fn unrelated() -> String {
    let is_shallow = git(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|said| line(&said) == "true");
    let reason = "it has no commit in common with what is checked out";
    if is_shallow { format!("this clone is shallow, and {reason}; {WHOLE}") } else { reason.to_owned() }
}

/// What git answers, or why it does not.
fn git(args: &[&str]) -> Result<String, String> {
    let done = Command::new("git").args(args).output().map_err(|error| format!("git could not be run: {error}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(said.trim().to_owned())
}

fn line(said: &str) -> &str {
    said.trim_end_matches(['\r', '\n'])
}

fn paths(names: &str) -> HashSet<PathBuf> {
    names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect()
}
