//! Nothing outlives the test process: no server, no folder.
//!
//! A static is never dropped, a killed process drops nothing, and a parent-death signal follows the *thread* that
//! started the child (a test's thread ends long before the process). So one small shell holds the other end of a
//! pipe: it is told what was started, and when the pipe closes, however that came about, it kills and sweeps.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::{Context, Result, fault};

const SCRIPT: &str = r#"
trap '' INT TERM HUP
running=' '
folder=
while read -r what which; do
  case $what in
    started) running="$running$which " ;;
    ended) running="${running%% $which *} ${running#* $which }" ;;
    folder) folder=$which ;;
  esac
done
for process in $running; do kill -KILL "$process"; done
case $folder in
  */no502-apiserver-*) for attempt in 1 2 3 4 5; do rm -rf -- "$folder" && break; sleep 0.2; done ;;
esac
"#;

static NOTES: OnceLock<Mutex<Option<ChildStdin>>> = OnceLock::new();

fn hire() -> Mutex<Option<ChildStdin>> {
    let shell = Command::new("sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    Mutex::new(shell.ok().and_then(|mut shell| shell.stdin.take()))
}

fn tell(note: &str) -> Result {
    let mut notes = NOTES.get_or_init(hire).lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = notes.as_mut().ok_or_else(|| fault("no shell to clean up with"))?;
    writeln!(pipe, "{note}").context(|| "the shell that cleans up is gone".to_owned())
}

/// The folder to remove when the process has ended. There is one.
pub(crate) fn sweep(folder: &Path) -> Result {
    tell(&format!("folder {}", folder.display()))
}

/// A process that ends when this value is dropped, and at the latest with the test process.
pub(crate) struct Owned {
    child: Child,
}

impl Owned {
    /// Starts the command in a process group of its own, so that Ctrl-C in a terminal does not reach it.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().context(|| format!("cannot start {program}"))?;
        tell(&format!("started {}", child.id()))?;
        Ok(Self { child })
    }

    /// The process id, for `kill`.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The exit status when the process has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end of the process; nothing when `limit` passes first.
    pub(crate) fn end_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let end = Instant::now() + limit;
        loop {
            match self.ended()? {
                None if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
                status => return Ok(status),
            }
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // Each of these fails only when the process is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = tell(&format!("ended {}", self.child.id()));
    }
}
