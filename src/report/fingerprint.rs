//! By what a finding is known from run to run.

use std::collections::HashMap;

use super::Item;
use crate::engine::{Spoken, digest};

/// Gives findings that are the same in all that stays, as of one object in two files, fingerprints of their own: by their order.
pub(super) fn tell_apart(findings: &mut [Item]) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for item in findings {
        let before = times.entry(item.fingerprint.clone()).or_default();
        if *before > 0 {
            item.fingerprint = digest(&format!("{}\n{before}", item.fingerprint));
        }
        *before += 1;
    }
}

/// Over what stays when lines and list elements move.
pub(super) fn fingerprint(spoken: &Spoken) -> String {
    let (rule, subject, object, element, address) = spoken.finding.identity();
    let text = format!("{rule}\n{subject}\n{object}\n{element}\n{address}");
    digest(&text)
}
