//! What fixes change, as a unified diff.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::Files;
use crate::collect::files::{Input, SourceFile};
use crate::object::yaml::Encoding;

/// What changed in each text. Paths are told from the folder that the command runs in, or from the nearest above it that holds
/// all files.
pub(super) fn diff(input: &Input, old: &Files) -> String {
    let files: Vec<(&String, &SourceFile, PathBuf)> =
        old.iter().filter_map(|(file, old)| input.files.get(*file).map(|file| (old, file, place(file)))).collect();
    let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    let mut base = here.clone();
    while files.iter().any(|(_, file, path)| file.path.is_some() && !path.starts_with(&base)) && base.pop() {}
    if base != here {
        let _ =
            writeln!(io::stderr(), "no502: the diff is to be applied in {}: it is about files outside of here", base.display());
    }
    let mut out = String::new();
    for (old, file, path) in &files {
        if file.encoding != Encoding::Utf8 {
            let _ = writeln!(io::stderr(), "no502: {} is UTF-16: its diff is to be read, only --fix can write it", file.name);
        }
        let name = path.strip_prefix(&base).unwrap_or(path).components();
        let name = name.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let _ = write!(out, "--- a/{name}\n+++ b/{name}\n{}", hunks(old, &file.text));
    }
    out
}

/// Where the text of a file stands; links are nothing that a diff goes through.
fn place(file: &SourceFile) -> PathBuf {
    let real = file.path.as_ref().and_then(|path| fs::canonicalize(path).ok());
    real.or_else(|| file.path.clone()).unwrap_or_else(|| Path::new(&file.name).to_owned())
}

/// Lines end where git says so, and not at a lone carriage return.
fn hunks(old: &str, new: &str) -> String {
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let diff = TextDiff::from_slices(&lines(old), &lines(new));
    let mut out = String::new();
    for hunk in diff.unified_diff().iter_hunks() {
        let _ = writeln!(out, "{}", hunk.header());
        for change in hunk.iter_changes() {
            let end = if change.value().ends_with('\n') { "" } else { "\n\\ No newline at end of file\n" };
            let _ = write!(out, "{}{}{end}", change.tag(), change.value());
        }
    }
    out
}
