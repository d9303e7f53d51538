//! By what a finding is known from run to run.

use std::collections::HashMap;
use std::path::{Component, Path};

use super::Item;
use crate::engine::{Spoken, digest};

/// Gives findings that are the same in all that stays, as of one object in two files, fingerprints of their own. The first keeps
/// its own; those of other files are told by the way from the first file to theirs, which is the same from whatever folder the
/// command runs, and those of one file by their order. So none changes when one behind it comes or goes.
pub(super) fn tell_apart(findings: &mut [Item]) {
    let mut first: HashMap<String, String> = HashMap::new();
    let mut times: HashMap<(String, String), usize> = HashMap::new();
    for item in findings {
        let first = first.entry(item.identity.clone()).or_insert_with(|| item.file.clone());
        let before = times.entry((item.identity.clone(), item.file.clone())).or_default();
        if *first != item.file {
            item.fingerprint = digest(&format!("{}\n{}", item.identity, way(first, &item.file)));
        }
        if *before > 0 {
            item.fingerprint = digest(&format!("{}\n{before}", item.fingerprint));
        }
        *before += 1;
    }
}

/// What of the path of a file is not that of another one.
fn way(from: &str, to: &str) -> String {
    let parts = |path| Path::new(path).components().filter(|part| *part != Component::CurDir);
    let shared = parts(from).zip(parts(to)).take_while(|(one, other)| one == other).count();
    let own: Vec<_> = parts(to).skip(shared).map(|part| part.as_os_str().to_string_lossy()).collect();
    own.join("/")
}

/// Over what stays when lines and list elements move.
pub(super) fn fingerprint(spoken: &Spoken) -> String {
    let (rule, subject, object, element, address) = spoken.finding.identity();
    let text = format!("{rule}\n{subject}\n{object}\n{element}\n{address}");
    digest(&text)
}
