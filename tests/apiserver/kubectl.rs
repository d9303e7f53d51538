//! The real kubectl, as a user runs it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use serde_json::Value;

use crate::fault::{Context, Result, fault};
use crate::janitor::Owned;

/// A kubectl that hangs is a finding of its own, so no call may take longer.
const LIMIT: Duration = Duration::from_mins(1);

/// One kubectl with one identity.
#[derive(Clone)]
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

/// What a run of kubectl left behind.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit code.
    pub(crate) code: i32,
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error: warnings and refusals.
    pub(crate) stderr: String,
}

impl Kubectl {
    /// The kubectl of `folder`, speaking as the user of `kubeconfig`.
    pub(crate) fn new(folder: &Path, kubeconfig: &Path) -> Self {
        Self { program: folder.join("kubectl"), kubeconfig: kubeconfig.to_owned() }
    }

    /// The command without arguments, for what is not simply run to its end.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig);
        if let Some(home) = self.kubeconfig.parent() {
            // kubectl keeps what it learns of the API under $HOME; another server's memory must not be used.
            command.env("HOME", home).current_dir(home);
        }
        command
    }

    /// Runs kubectl.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Answer> {
        self.feed(arguments, "")
    }

    /// Runs kubectl with a text on its standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: &str) -> Result<Answer> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Owned::start(&mut command)?;
        let child = process.child();
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        if let Some(mut pipe) = child.stdin.take() {
            // A kubectl that does not read its input closes the pipe; its answer says what was wrong.
            let _ = pipe.write_all(input.as_bytes());
        }
        let told = || format!("kubectl {}", arguments.join(" "));
        let Some(status) = process.end_within(LIMIT)? else {
            return Err(fault(format!("{} hangs: no end within {} s", told(), LIMIT.as_secs())));
        };
        let text = |reader: JoinHandle<String>| reader.join().map_err(|_| fault("a reader of kubectl died"));
        Ok(Answer { code: status.code().unwrap_or(-1), stdout: text(stdout)?, stderr: text(stderr)? })
    }

    /// One object as JSON.
    pub(crate) fn get(&self, arguments: &[&str]) -> Result<Value> {
        let mut all = vec!["get", "-o", "json"];
        all.extend_from_slice(arguments);
        self.run(&all)?.fine()?.json()
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Answer {
    /// The answer, if kubectl succeeded.
    pub(crate) fn fine(self) -> Result<Self> {
        if self.code == 0 { Ok(self) } else { Err(fault(format!("kubectl failed: {self:#?}"))) }
    }

    /// The answer, if the server refused with 403 and kubectl ended with 1.
    pub(crate) fn denied(self) -> Result<Self> {
        let refused = self.code == 1 && self.stderr.contains("(Forbidden)") && self.stderr.contains("denied the request");
        if refused { Ok(self) } else { Err(fault(format!("this should have been denied: {self:#?}"))) }
    }

    /// The warnings that kubectl showed.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.stderr.lines().filter_map(|line| line.strip_prefix("Warning: ")).collect()
    }

    /// Whether a warning of this rule was shown.
    pub(crate) fn warns_of(&self, rule: &str) -> bool {
        let mark = format!("no502 [{rule}]");
        self.warnings().iter().any(|warning| warning.starts_with(&mark))
    }

    /// The standard output as JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout).context(|| format!("kubectl printed no JSON: {}", self.stdout))
    }
}
