//! What went wrong in the harness, as text for the person who reads the test's output.

use std::fmt;

/// A failure with its story. `Debug` prints the plain text, because that is what libtest shows.
pub(crate) struct Fault(String);

/// What every fallible step of the harness, and every test, returns.
pub(crate) type Result<T = ()> = std::result::Result<T, Fault>;

/// Makes a failure out of a sentence.
pub(crate) fn fault(story: impl Into<String>) -> Fault {
    Fault(story.into())
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

// `Fault` is no `Error` itself, so that this covers every other error type for `?`.
impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Adds what was being done to an error.
pub(crate) trait Context<T> {
    /// Puts `doing` in front of the error.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Fault(format!("{}: {error}", doing())))
    }
}
