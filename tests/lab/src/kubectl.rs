//! The real kubectl, as a user calls it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt;

use crate::fault::{Fault, Result};
use crate::process::{self, Printed, command};

/// kubectl for one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// This program, for the cluster of a kubeconfig.
    pub(crate) fn new(program: impl Into<PathBuf>, kubeconfig: &Path) -> Self {
        Self { program: program.into(), kubeconfig: kubeconfig.to_owned() }
    }

    /// The kubeconfig that it uses.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The program itself.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Runs it, however it ends.
    pub(crate) async fn outcome(&self, arguments: &[&str]) -> Result<Printed> {
        process::outcome(self.command(arguments)).await
    }

    /// Runs it, and gives what it printed; it has to end well.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        process::run(self.command(arguments)).await
    }

    /// Runs it with a text as its standard input, however it ends.
    pub(crate) async fn feed(&self, arguments: &[&str], text: &str) -> Result<Printed> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = |error| Fault::Start { program: "kubectl".to_owned(), error };
        let mut child = command.spawn().map_err(start)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).await.map_err(start)?;
        }
        let output = child.wait_with_output().await.map_err(start)?;
        Ok(Printed {
            fine: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Applies objects, which has to succeed; gives the warnings.
    pub(crate) async fn apply(&self, text: &str) -> Result<String> {
        let printed = self.feed(&["apply", "-f", "-"], text).await?;
        if printed.fine {
            return Ok(printed.err);
        }
        Err(Fault::Failed { command: "kubectl apply".to_owned(), status: "an error".to_owned(), output: printed.err })
    }

    fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = command(&self.program, ["--request-timeout=20s"]);
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(arguments);
        command
    }
}
