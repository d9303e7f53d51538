//! What the person in front of the terminal reads.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// A line that was asked for.
pub(crate) fn say(line: impl Display) {
    // A reader that went away is no reason to stop a laboratory.
    let _ = writeln!(stdout(), "{line}");
}

/// A line about what is going on.
pub(crate) fn remark(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}
