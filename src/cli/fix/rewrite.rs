//! Writing a file anew, so that nobody ever sees half of it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::collect::files::SourceFile;
use crate::object::yaml::decode;

/// Writes the new text of a file, in its own encoding, with its own owner and permissions. Standard input is no file.
pub(super) fn rewrite(file: &SourceFile, old: &str) -> io::Result<()> {
    let Some(path) = &file.path else { return Ok(()) };
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let (text, _, fault) = decode(fs::read(&path)?);
    if text != old || fault.is_some() {
        return Err(io::Error::other("it was changed by somebody else meanwhile"));
    }
    // Whoever may not write it may still put another file in its place.
    let before = OpenOptions::new().write(true).open(&path)?.metadata()?;
    if before.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if names(&before) > 1 {
        return Err(io::Error::other("it has another name (a hard link), which would keep the old text"));
    }
    // A name that fits wherever another one does.
    let beside = path.with_file_name(format!(".no502-{}", std::process::id()));
    let written = write(&beside, &file.bytes(), &before).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, bytes: &[u8], before: &Metadata) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes)?;
    keep_owner(&file, before)?;
    file.set_permissions(before.permissions())?;
    file.sync_all()
}

/// A file that nobody else reads yet.
#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    File::create_new(path)
}

#[cfg(unix)]
fn keep_owner(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    let lost = |error| io::Error::other(format!("it would not belong to its owner any more: {error}"));
    fchown(file, Some(before.uid()), Some(before.gid())).map_err(lost)
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// How many names a file has.
#[cfg(unix)]
fn names(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}
