//! What is wrong in a document, and where.

use std::fmt;

use crate::object::yaml::{Part, Position, locate, read};

/// One fault of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The JSON pointer of what is at fault.
    pub pointer: String,
    /// Whether the key or the value is at fault.
    pub part: Part,
    /// Line and column, where they could be found.
    pub position: Option<Position>,
    /// What is wrong, and what to write.
    pub message: String,
}

impl Fault {
    /// A fault of the value at a pointer.
    #[must_use]
    pub fn value(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), part: Part::Value, position: None, message: message.into() }
    }

    /// A fault of the key at a pointer.
    #[must_use]
    pub fn key(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), part: Part::Key, position: None, message: message.into() }
    }

    /// Finds the places of these faults in the text of the document, and sorts them.
    pub fn find_all(faults: &mut [Self], text: &str) {
        let pointers: Vec<(&str, Part)> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.part)).collect();
        // Empty documents before the first one are counted too.
        let first = read(text).0.first().map_or(0, |document| document.index);
        let positions = locate(text, first, &pointers);
        for (fault, position) in faults.iter_mut().zip(positions) {
            fault.position = fault.position.or(position);
        }
        faults.sort_by(|a, b| (a.position, &a.message).cmp(&(b.position, &b.message)));
    }
}

/// `12:5: no such rule`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "{}:{}: ", position.line, position.column)?;
        }
        f.write_str(&self.message)
    }
}

/// The candidate that was probably meant: near enough that a typing error explains the difference.
pub fn near<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let written = written.to_ascii_lowercase();
    let scored = candidates.into_iter().map(|candidate| {
        let folded = candidate.to_ascii_lowercase();
        (strsim::damerau_levenshtein(&written, &folded), candidate)
    });
    let limit = (written.len() / 4).clamp(1, 3);
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let rules = ["prestop-missing", "prestop-too-short", "grace-zero"];
        assert_eq!(near("prestop-mising", rules), Some("prestop-missing"));
        assert_eq!(near("PRESTOP-MISSING", rules), Some("prestop-missing"));
        assert_eq!(near("something-else", rules), None);
    }
}
