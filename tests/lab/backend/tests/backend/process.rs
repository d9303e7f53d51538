//! The binary as a child process: its lines, its ports, its end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A running backend. Dropped, it is killed.
pub struct Backend {
    child: Child,
    lines: Receiver<String>,
    ports: Vec<u16>,
    pub started: Instant,
}

impl Backend {
    /// Starts a backend with these flags, without waiting for its ports.
    pub fn spawn(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_backend"))
            .args(["--bind", "127.0.0.1", "--name", "pod-1", "--app", "shop"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the backend starts");
        let out = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, ports: Vec::new(), started: Instant::now() }
    }

    /// Starts a backend and waits until it listens for each of these protocols.
    pub fn listening(protocols: &[&str], flags: &[&str]) -> Self {
        let listen: Vec<_> = protocols.iter().map(|protocol| format!("--listen=0={protocol}")).collect();
        let all: Vec<_> = listen.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        let mut backend = Self::spawn(&all);
        for _ in protocols {
            let line = backend.line("listen ");
            let address = line.split("address=").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
            backend.ports.push(address.rsplit(':').next().expect("a port").parse().expect("a number"));
        }
        backend
    }

    /// A backend of HTTP/1.1.
    pub fn http1(flags: &[&str]) -> Self {
        Self::listening(&["http1"], flags)
    }

    /// The first port.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Any port.
    pub fn port_of(&self, index: usize) -> u16 {
        self.ports[index]
    }

    /// Waits for a line that holds this, and returns it.
    pub fn line(&self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Whether no line that holds this has come so far.
    pub fn silent_about(&self, part: &str) -> bool {
        !self.lines.try_iter().any(|line| line.contains(part))
    }

    /// Sends SIGTERM.
    pub fn term(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Waits for its end, and returns the code.
    pub fn code(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code().expect("a code, no signal");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the backend does not end");
    }

    /// Memory really used, in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
