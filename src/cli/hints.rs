//! What else could be found in an input, and with which command. Nothing is wrong, so it goes to standard error and changes no
//! exit code.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::collect::files::Hints;

/// Folders that are named of each sort; who has more knows what to do after these.
const MOST: usize = 8;

/// Says how to check what is applied where that is not what stands in the files.
pub(super) fn say(hints: &Hints) {
    // Whoever closed the stream does not want to know.
    let _ = write(hints, &mut io::stderr().lock());
}

fn write(hints: &Hints, out: &mut dyn Write) -> io::Result<()> {
    for (file, at) in &hints.dropped {
        writeln!(
            out,
            "no502: {file}:{}:{}: kubectl drops this document, for only one may stand between two `---`",
            at.line, at.column
        )?;
    }
    let read = "kustomizations are read as written, without what they patch and generate; to check what is applied:";
    folders(out, &hints.kustomizations, read, "kubectl kustomize")?;
    folders(out, &hints.charts, "templates of charts are not read; to check what is installed:", "helm template")
}

fn folders(out: &mut dyn Write, folders: &[PathBuf], what: &str, command: &str) -> io::Result<()> {
    if folders.is_empty() {
        return Ok(());
    }
    writeln!(out, "no502: {what}")?;
    for folder in folders.iter().take(MOST) {
        writeln!(out, "  {command} {} | no502 check -", quoted(folder))?;
    }
    match folders.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// A folder as a shell takes it.
fn quoted(folder: &Path) -> Cow<'_, str> {
    let text = folder.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '-' | '_');
    match &*text {
        "" => ".".into(),
        text if text.starts_with('-') || !text.chars().all(is_plain) => format!("'{}'", text.replace('\'', r"'\''")).into(),
        _ => text,
    }
}
