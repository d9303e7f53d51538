//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Result};

/// The folders of the laboratory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The checkout.
    pub(crate) repository: PathBuf,
    /// What is built once and kept.
    pub(crate) cache: PathBuf,
}

impl Place {
    /// Finds them.
    pub(crate) fn here() -> Result<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let repository = repository.canonicalize().map_err(|error| Fault::File { path: repository, error })?;
        let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => PathBuf::from(home).join(".cache"),
            (None, None) => return Err(Fault::Missing("  HOME, or XDG_CACHE_HOME: a folder to build into".to_owned())),
        };
        Ok(Self { repository, cache: cache.join("no502") })
    }

    /// What a running laboratory keeps on disk: its pid, kubeconfig and logs. `lab down` removes it.
    pub(crate) fn run(&self) -> PathBuf {
        self.cache.join("lab")
    }

    /// The output of each program.
    pub(crate) fn logs(&self) -> PathBuf {
        self.run().join("logs")
    }

    /// How kubectl reaches the cluster, from inside.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        env::var_os("LAB_KUBECONFIG").map_or_else(|| self.run().join("kubeconfig"), PathBuf::from)
    }

    /// What a run measured: kept until the next run.
    pub(crate) fn results(&self) -> PathBuf {
        self.repository.join("target/lab")
    }

    /// Where the lab lies in the repository.
    pub(crate) fn source(&self) -> PathBuf {
        self.repository.join("tests/lab")
    }
}

/// What exists inside the mount namespace only: a tmpfs on `/run` holds it.
pub(crate) const INSIDE: &str = "/run/no502-lab";
