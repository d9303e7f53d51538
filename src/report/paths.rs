//! How files are called by those who read a report at the root of a checkout.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Component, Path};

/// The path from the folder `here`, with forward slashes. A file that is not below it keeps its absolute path.
pub(super) fn relative(file: &str, here: &Path) -> String {
    let path = Path::new(file);
    let path = path.strip_prefix(here).unwrap_or(path);
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    for part in path.components() {
        match part {
            // The empty part in front gives the slash at the beginning; behind `C:` there is one anyway.
            Component::RootDir if parts.is_empty() => parts.push("".into()),
            Component::CurDir | Component::RootDir => {}
            Component::Prefix(_) | Component::ParentDir | Component::Normal(_) => parts.push(part.as_os_str().to_string_lossy()),
        }
    }
    parts.join("/")
}

/// A path as a URI: an absolute one with its scheme, a relative one as a reference.
#[must_use]
pub fn uri(path: &str) -> String {
    let scheme = match Path::new(path).is_absolute() {
        true if path.starts_with('/') => "file://",
        true => "file:///",
        false => "",
    };
    let mut uri = scheme.to_owned();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_here() {
        let here = Path::new("/home/ci/shop");
        for (file, told) in [
            ("./k8s/./web.yaml", "k8s/web.yaml"),
            ("/home/ci/shop/k8s/web.yaml", "k8s/web.yaml"),
            ("/home/ci/shopping/web.yaml", "/home/ci/shopping/web.yaml"),
            ("../web.yaml", "../web.yaml"),
            ("<stdin>", "<stdin>"),
        ] {
            assert_eq!(relative(file, here), told);
        }
    }

    #[test]
    fn uris_hold_any_name() {
        for (path, told) in [
            ("k8s/web.yaml", "k8s/web.yaml"),
            ("a b/c#d?e%f.yaml", "a%20b/c%23d%3Fe%25f.yaml"),
            ("a:b/\\.yaml", "a%3Ab/%5C.yaml"),
            ("größe.yaml", "gr%C3%B6%C3%9Fe.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
            ("/home/ci/a b.yaml", "file:///home/ci/a%20b.yaml"),
        ] {
            assert_eq!(uri(path), told);
        }
    }
}
