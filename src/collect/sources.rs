//! Which files below the paths that were named are read.

use std::path::{Component, Path, PathBuf};

use super::helm;

/// The files to read, in their order, and the charts that were met.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) files: Vec<PathBuf>,
    pub(super) charts: Vec<PathBuf>,
}

impl Sources {
    /// The manifests below a path, sorted. A file that is named is read whatever its ending.
    pub(super) fn add(&mut self, path: &Path) -> std::io::Result<()> {
        // Its templates, named by themselves, are no more YAML than under the name of the chart.
        let chart = path.parent().filter(|parent| path.ends_with("templates") && path.is_dir() && helm::is_chart(parent));
        match chart {
            Some(chart) => self.charts.push(if chart.as_os_str().is_empty() { ".".into() } else { chart.to_owned() }),
            None => self.walk(path, true)?,
        }
        Ok(())
    }

    fn walk(&mut self, path: &Path, is_named: bool) -> std::io::Result<()> {
        if !path.is_dir() {
            if is_named {
                std::fs::metadata(path)?;
            }
            if is_named || is_manifest(path) {
                self.files.push(path.to_owned());
            }
            return Ok(());
        }
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        entries.sort_unstable();
        let is_chart = helm::is_chart(path);
        if is_chart {
            self.charts.push(path.to_owned());
        }
        for entry in entries {
            let Some(name) = entry.file_name() else { continue };
            let is_hidden = name.to_string_lossy().starts_with('.');
            // A link to a folder may lead in a circle.
            let may_circle = entry.is_symlink() && entry.is_dir();
            let is_left_out = is_hidden || may_circle || is_chart && helm::is_part(name);
            if !is_left_out {
                self.walk(&entry, false)?;
            }
        }
        Ok(())
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
