//! What can go wrong in the laboratory, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result of anything here.
pub(crate) type Result<T = ()> = std::result::Result<T, Fault>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Something that the laboratory cannot bring by itself.
    #[error("the laboratory needs what is not here:\n{0}")]
    Missing(String),
    /// A file, folder or socket.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A program that could not be started.
    #[error("{program} does not start: {error}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// A program that ended badly.
    #[error("{command}\nended with {status}:\n{output}")]
    Failed {
        /// As it was called.
        command: String,
        /// Its exit code.
        status: String,
        /// What it said.
        output: String,
    },
    /// Something that should have come by now.
    #[error("waited {} s in vain until {what}\n{last}", after.as_secs())]
    TimedOut {
        /// For what.
        what: String,
        /// For how long.
        after: Duration,
        /// What was seen at last.
        last: String,
    },
    /// The API server said no, or nothing.
    #[error("the API server: {0}")]
    Api(#[from] Box<kube::Error>),
    /// A file of the laboratory that cannot be read as what it should be.
    #[error("{}: {reason}", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl From<kube::Error> for Fault {
    fn from(error: kube::Error) -> Self {
        Self::Api(Box::new(error))
    }
}

/// Tells which file an error is about.
pub(crate) trait At<T> {
    /// Adds the path.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| Fault::File { path: path.to_owned(), error })
    }
}
