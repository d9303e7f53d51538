//! Writing a file anew, so that nobody ever sees half of it.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::CliError;
use crate::collect::files::STDIN;
use crate::object::yaml::{decode, encode};

/// Gives a file another text, in its own encoding and with its own permissions. Standard input is no file.
pub(super) fn rewrite(name: &str, old: &str, new: &str) -> Result<(), CliError> {
    if name == STDIN {
        return Ok(());
    }
    replace(Path::new(name), old, new).map_err(|error| CliError::Unusable(format!("{name} cannot be written: {error}")))
}

fn replace(path: &Path, old: &str, new: &str) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let (text, encoding, fault) = decode(fs::read(&path)?);
    if text == new {
        // The input named the file twice.
        return Ok(());
    }
    if text != old || fault.is_some() {
        return Err(io::Error::other("it was changed by somebody else meanwhile"));
    }
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut beside = path.file_name().unwrap_or_default().to_owned();
    beside.push(format!(".no502-{}", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = write(&beside, &encode(new, encoding), permissions).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, bytes: &[u8], permissions: fs::Permissions) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.set_permissions(permissions)?;
    file.sync_all()
}
