//! The rules that no experiment shows, each with its reason: lines such as `- rule: reason` in a text.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::io::ErrorKind;
use std::path::Path;

use crate::fault::{Fault, Result};

/// The list.
#[derive(Debug, Default)]
pub(super) struct Unshown {
    reasons: BTreeMap<String, String>,
}

impl Unshown {
    /// Reads it; a list that is not there is empty.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Fault::File { path: path.to_owned(), error }),
        };
        Self::parse(&text).map_err(|reason| Fault::Format { path: path.to_owned(), reason })
    }

    /// Lines that are no item are prose, or go on with the item above where they are indented.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut reasons: BTreeMap<String, String> = BTreeMap::new();
        let mut last: Option<String> = None;
        for (number, line) in (1..).zip(text.lines()) {
            if let (Some(rule), true) = (&last, line.starts_with(' ') && !line.trim().is_empty()) {
                if let Some(reason) = reasons.get_mut(rule) {
                    reason.push(' ');
                    reason.push_str(line.trim());
                }
                continue;
            }
            let Some(item) = line.strip_prefix("- ") else {
                last = None;
                continue;
            };
            let (rule, reason) = item.split_once(':').ok_or_else(|| format!("line {number}: write `- rule: reason`"))?;
            let (rule, reason) = (rule.trim().trim_matches('`'), reason.trim());
            if no502::rule::by_name(rule).is_none() {
                return Err(format!("line {number}: there is no rule {rule:?}"));
            }
            if reason.is_empty() || reasons.insert(rule.to_owned(), reason.to_owned()).is_some() {
                return Err(format!("line {number}: one reason for {rule}, neither none nor two"));
            }
            last = Some(rule.to_owned());
        }
        Ok(Self { reasons })
    }

    /// Why a rule is not shown.
    pub(super) fn reason(&self, rule: &str) -> Option<&str> {
        self.reasons.get(rule).map(String::as_str)
    }
}
