//! Which files below the paths that were named are read.

use std::collections::HashSet;
use std::fs::DirEntry;
use std::path::{Component, Path, PathBuf};

use super::helm;

/// The files to read, in their order, and the charts that were met.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) files: Vec<PathBuf>,
    pub(super) charts: Vec<PathBuf>,
    /// Whether one file may be among them twice: a folder and a file of it, or a file and a link to it.
    may_repeat: bool,
}

impl Sources {
    /// Nothing yet, of so many paths that are named.
    pub(super) fn of(paths: usize) -> Self {
        Self { may_repeat: paths > 1, ..Self::default() }
    }

    /// The manifests below a path, sorted. A file that is named is read whatever its ending.
    pub(super) fn add(&mut self, path: &Path) -> std::io::Result<()> {
        if !std::fs::metadata(path)?.is_dir() {
            self.files.push(path.to_owned());
            return Ok(());
        }
        // Its templates, named by themselves, are no more YAML than under the name of the chart.
        match path.parent().filter(|parent| path.ends_with("templates") && parent.join(helm::CHART).is_file()) {
            Some(chart) if chart.as_os_str().is_empty() => self.charts.push(".".into()),
            Some(chart) => self.charts.push(chart.to_owned()),
            None => self.walk(path)?,
        }
        Ok(())
    }

    fn walk(&mut self, folder: &Path) -> std::io::Result<()> {
        let mut entries: Vec<DirEntry> = std::fs::read_dir(folder)?.filter_map(Result::ok).collect();
        entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        entries.sort_by_cached_key(DirEntry::file_name);
        if entries.iter().any(|entry| entry.file_name() == helm::CHART) {
            self.charts.push(folder.to_owned());
            entries.retain(|entry| !helm::is_part(&entry.file_name()));
        }
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.walk(&path)?;
            // A link to a folder may lead in a circle.
            } else if is_manifest(&path) && !(kind.is_symlink() && path.is_dir()) {
                self.may_repeat |= kind.is_symlink();
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// Leaves each file once.
    pub(super) fn keep_once(&mut self) {
        if self.may_repeat {
            let mut known = HashSet::new();
            self.files.retain(|path| known.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        }
    }
}

fn is_manifest(path: &Path) -> bool {
    let is_known = |ending: &std::ffi::OsStr| ["yaml", "yml", "json"].iter().any(|known| ending == *known);
    path.extension().is_some_and(is_known) || path.file_name().is_some_and(|name| name == "Kustomization")
}

/// The same path without detours, so that two ways to a file can be compared.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            _ => tidied.push(part),
        }
    }
    tidied
}
