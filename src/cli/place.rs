//! Where files are, however they are named: what is compared with other runs, or with what git says, must not depend on the
//! folder that the command runs in.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The whole path. Links are followed in its folders, so that a file has one path; the file itself need not be there.
pub(super) fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match folder.zip(path.file_name()) {
        Some((folder, name)) => folder.join(name),
        None => flat(&path),
    }
}

/// The path without `.` and `..`.
pub(super) fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(flat.pop()),
            _ => flat.push(part),
        }
    }
    flat
}

/// The way from a folder to a file, both whole, with forward slashes.
pub(super) fn from_folder(folder: &Path, file: &Path) -> String {
    let shared = folder.components().zip(file.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| OsStr::new(".."));
    let down = file.components().skip(shared).map(Component::as_os_str);
    let parts: Vec<_> = up.chain(down).map(OsStr::to_string_lossy).collect();
    parts.join("/")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_up_and_down() {
        let way = |folder: &str, file: &str| from_folder(Path::new(folder), Path::new(file));
        assert_eq!(way("/shop", "/shop/k8s/web.yaml"), "k8s/web.yaml");
        assert_eq!(way("/shop/ci", "/shop/k8s/web.yaml"), "../k8s/web.yaml");
        assert_eq!(way("/shop", "/shopping/web.yaml"), "../shopping/web.yaml");
    }

    #[test]
    fn a_path_is_whole_whether_it_is_there_or_not() {
        assert_eq!(flat(Path::new("/shop/ci/../k8s/./web.yaml")), Path::new("/shop/k8s/web.yaml"));
        let folder = fs::canonicalize(std::env::temp_dir()).unwrap();
        assert_eq!(real(&folder.join("no/../such.yaml")), folder.join("such.yaml"));
    }
}
