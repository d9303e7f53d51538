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
    let letters = written.chars().count();
    let limit = (written.len() / 4).clamp(1, 3);
    // A word that is longer by more than that cannot be near, and most are not.
    let candidates = candidates.into_iter().filter(|candidate| candidate.chars().count().abs_diff(letters) <= limit);
    let scored = candidates.map(|candidate| (strsim::damerau_levenshtein(&written, &candidate.to_ascii_lowercase()), candidate));
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// Whether one name was surely meant as the other one: they differ by one letter of a longer word, or by the signs between words.
/// `nginx-internal` and `nginx-external`, `a` and `b`, `v1` and `v2` are two names.
#[must_use]
pub fn is_slip(written: &str, meant: &str) -> bool {
    const SIGNS: [char; 3] = ['-', '.', '_'];
    let letters = |text: &str| text.chars().filter(|c| !SIGNS.contains(c)).map(|c| c.to_ascii_lowercase()).collect::<String>();
    if written == meant {
        return false;
    }
    if letters(written) == letters(meant) {
        return true;
    }
    if written.split(SIGNS).count() != meant.split(SIGNS).count() {
        return false;
    }
    let mut differing = written.split(SIGNS).zip(meant.split(SIGNS)).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (differing.next(), differing.next()) else { return false };
    let is_long = one.len() > 3 && other.len() > 3;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    is_long && digits(one) == digits(other) && strsim::damerau_levenshtein(one, other) == 1
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

    #[test]
    fn two_names_of_one_pattern_are_no_slip() {
        for (written, meant, is) in [
            ("pubilc", "public", true),
            ("nginx-interal", "nginx-internal", true),
            ("nginxinternal", "nginx-internal", true),
            ("nginx-internal", "nginx-external", false),
            ("nginx-a", "nginx-b", false),
            ("edge1", "edge2", false),
            ("edge", "edge-blue", false),
            ("edge", "edge", false),
        ] {
            assert_eq!(is_slip(written, meant), is, "{written} {meant}");
        }
    }
}
