//! The cluster that files are laid over.

use std::io::{self, Write as _};
use std::path::PathBuf;

use super::CliError;
use crate::collect::cluster::{self, Seen};
use crate::engine::Plan;

/// Arguments of commands that may ask a cluster.
#[derive(Debug, clap::Args)]
pub(super) struct Cluster {
    /// Ask the cluster, and lay the files over it
    #[arg(id = "cluster", long)]
    pub(super) is_asked: bool,
    /// The kubeconfig of the cluster
    #[arg(long, value_name = "FILE", requires = "cluster")]
    kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig
    #[arg(long, value_name = "NAME", requires = "cluster")]
    context: Option<String>,
}

impl Cluster {
    /// What the cluster has, where it is asked. What it did not tell is said on standard error.
    pub(super) fn look(&self, plan: &Plan) -> Result<Option<Seen>, CliError> {
        if !self.is_asked {
            return Ok(None);
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CliError::Failed(format!("no runtime: {error}")))?;
        let seen = runtime.block_on(async {
            let client = cluster::client(self.kubeconfig.as_deref(), self.context.as_deref()).await?;
            cluster::look(&client, &plan.document).await
        });
        let seen = seen.map_err(|error| CliError::Unusable(error.to_string()))?;
        let mut err = io::stderr();
        if !seen.absent.is_empty() {
            let names: Vec<&str> = seen.absent.iter().map(|kind| kind.name()).collect();
            let _ = writeln!(err, "no502: the cluster has no {}", names.join(", "));
        }
        for (kind, why) in &seen.unread {
            let _ = writeln!(err, "no502: {kind} could not be listed: {why}");
        }
        Ok(Some(seen))
    }
}
