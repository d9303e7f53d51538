//! The binary as a child process, with a state folder of its own, and what it writes to standard error.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// How long anything may take before the test fails: machines are busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

type Lines = Arc<(Mutex<Vec<String>>, Condvar)>;

/// A server that is killed with the test.
pub(crate) struct Server {
    child: Child,
    lines: Lines,
    reader: Option<JoinHandle<()>>,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// From its start to the line that says where it listens.
    pub(crate) took: Duration,
    pub(crate) folder: tempfile::TempDir,
}

/// `no502` with these arguments, and nothing of the environment that it would read.
pub(crate) fn no502(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(args).current_dir(folder).env_remove("NO502_POLICY").env("NO502_STATE", folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

const ARGS: [&str; 6] = ["serve", "--no-cluster", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), args)
    }

    /// Starts in a folder with files that the arguments name.
    pub(crate) fn start_in(folder: tempfile::TempDir, args: &[&str]) -> Self {
        let all: Vec<&str> = ARGS.iter().chain(args).copied().collect();
        let start = Instant::now();
        let mut child = no502(folder.path(), &all).spawn().unwrap();
        let lines = Lines::default();
        let (stderr, into) = (BufReader::new(child.stderr.take().unwrap()), lines.clone());
        let reader = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                into.0.lock().unwrap().push(line);
                into.1.notify_all();
            }
        });
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let took = Duration::ZERO;
        let mut server = Self { child, lines, reader: Some(reader), address: nowhere, admin: nowhere, took, folder };
        server.address = server.announced("no502 is listening on https://");
        server.admin = server.announced("admin on http://");
        server.took = start.elapsed();
        server
    }

    fn announced(&self, head: &str) -> SocketAddr {
        let line = self.line(|line| line.starts_with(head));
        line.trim_start_matches(head).parse().unwrap()
    }

    /// The CA that was printed.
    pub(crate) fn ca(&self) -> PathBuf {
        let line = self.line(|line| line.starts_with("self-signed"));
        line.rsplit(' ').next().unwrap().into()
    }

    /// All lines that were written so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.0.lock().unwrap().clone()
    }

    /// The first line of that kind, waited for.
    pub(crate) fn line(&self, is_it: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + PATIENCE;
        let mut lines = self.lines.0.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().find(|line| is_it(line)) {
                return line.clone();
            }
            let rest = until.saturating_duration_since(Instant::now());
            assert!(!rest.is_zero(), "not among the lines:\n{}", lines.join("\n"));
            lines = self.lines.1.wait_timeout(lines, rest).unwrap().0;
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to stop, as Kubernetes does.
    pub(crate) fn terminate(&self) {
        let status = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// How it ended, and all lines; it has to end within `bound`.
    pub(crate) fn end(mut self, bound: Duration) -> (ExitStatus, Vec<String>) {
        let until = Instant::now() + bound;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "still running after {bound:?}:\n{}", self.lines().join("\n"));
            sleep(Duration::from_millis(10));
        };
        self.reader.take().unwrap().join().unwrap();
        (status, self.lines())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that should end by itself: exit code and standard error.
pub(crate) fn run(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            let _ = child.kill();
            panic!("{command:?} should have ended");
        }
        sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Puts a file in the place of another in one step, as a mounted volume does.
pub(crate) fn replace(path: &Path, text: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}
