//! Other programs: run to their end, or started and left running with their output in a file.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fault::{At, Fault, Result};

/// No call of a client waits longer, unless it says so.
const LIMIT: Duration = Duration::from_mins(2);

/// A program with its arguments.
pub(crate) fn command<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Printed {
    /// Whether it ended well.
    pub(crate) fine: bool,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Runs to the end, however it ends.
pub(crate) async fn outcome(mut command: Command) -> Result<Printed> {
    let shown = shown(&command);
    let output = match timeout(LIMIT, command.output()).await {
        Ok(output) => output.map_err(|error| Fault::Start { program: shown, error })?,
        Err(_) => return Err(Fault::TimedOut { what: format!("this ended: {shown}"), after: LIMIT, last: String::new() }),
    };
    Ok(Printed {
        fine: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs to the end, which has to be a good one; gives the standard output.
pub(crate) async fn run(command: Command) -> Result<String> {
    let shown = shown(&command);
    let printed = outcome(command).await?;
    if printed.fine {
        return Ok(printed.out);
    }
    Err(Fault::Failed { command: shown, status: "an error".to_owned(), output: printed.err + &printed.out })
}

/// Runs to the end with the terminal's own output, for as long as it takes.
pub(crate) async fn watch(mut command: Command) -> Result {
    let shown = shown(&command);
    let status = command.status().await.map_err(|error| Fault::Start { program: shown.clone(), error })?;
    if status.success() {
        return Ok(());
    }
    Err(Fault::Failed { command: shown, status: status.to_string(), output: "(see above)".to_owned() })
}

/// Starts a program that stays, its output going to `<logs>/<name>.log`.
pub(crate) fn start(logs: &Path, name: &str, mut command: Command) -> Result<Child> {
    let path = logs.join(format!("{name}.log"));
    let log = File::options().create(true).append(true).open(&path).at(&path)?;
    let copy = log.try_clone().at(&path)?;
    command.stdout(log).stderr(copy);
    let shown = shown(&command);
    command.spawn().map_err(|error| Fault::Start { program: shown, error })
}

/// As one would type it.
fn shown(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
