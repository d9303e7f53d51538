//! Texts of manifests as a terminal may have them.

/// A text as a terminal may have it: what it would take for commands is left out, lines stay.
#[must_use]
pub fn readable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// The same in one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
