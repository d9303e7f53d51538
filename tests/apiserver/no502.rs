//! A running `no502 serve`, started as on a server, watched from outside.

use std::fs::{create_dir_all, write};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::fault::{Context, Result, fault};
use crate::http;
use crate::janitor::Owned;
use crate::wait::until;

const START: Duration = Duration::from_secs(30);

/// A certificate for 127.0.0.1 and the authority that signed it.
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Lets no502 make them.
    pub(crate) fn make(binary: &Path, folder: &Path) -> Result<Self> {
        create_dir_all(folder)?;
        let made = Command::new(binary)
            .args(["certs", "make", "--ip", "127.0.0.1", "--out"])
            .arg(folder)
            .output()
            .context(|| binary.display().to_string())?;
        if !made.status.success() {
            return Err(fault(format!("no502 certs make: {}", String::from_utf8_lossy(&made.stderr))));
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// The certificate of the authority, as PEM.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }
}

/// One server.
pub(crate) struct No502 {
    process: Mutex<Owned>,
    lines: Arc<Mutex<Vec<String>>>,
    id: u32,
    /// Where the API server calls.
    pub(crate) webhook: SocketAddr,
    /// Where `/readyz` and `/metrics` are.
    pub(crate) admin: SocketAddr,
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl No502 {
    /// Starts a server on free ports and waits until it says that it is ready.
    pub(crate) fn start(binary: &Path, kubeconfig: &Path, policy: &Path, certificates: &Certificates) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json"]);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--policy").arg(policy);
        command.arg("--tls-cert").arg(certificates.folder.join("tls.crt"));
        command.arg("--tls-key").arg(certificates.folder.join("tls.key"));
        // What the developer's shell sets must not reach the server.
        command.env_remove("NO502_POLICY").env_remove("KUBECONFIG");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = Owned::start(&mut command)?;
        let lines = Arc::default();
        if let Some(pipe) = process.child().stderr.take() {
            keep_lines(pipe, Arc::clone(&lines));
        }
        let webhook = address(&mut process, &lines, "no502 is listening on https://")?;
        let admin = address(&mut process, &lines, "admin on http://")?;
        let server = Self { id: process.id(), process: Mutex::new(process), lines, webhook, admin };
        until("no502 is ready", START, || {
            Ok(match http::get(server.admin, "/readyz") {
                Ok(reply) if reply.status == 200 => Ok(()),
                Ok(reply) => Err(format!("{reply:?}\n{}", server.log())),
                Err(error) => Err(error.to_string()),
            })
        })?;
        Ok(server)
    }

    /// All that the server has said so far.
    pub(crate) fn log(&self) -> String {
        locked(&self.lines).join("\n")
    }

    /// Waits for a line of the log that holds every one of the words.
    pub(crate) fn logged(&self, words: &[&str], limit: Duration) -> Result<String> {
        until(&format!("a log line with {words:?}"), limit, || {
            let lines = locked(&self.lines);
            let line = lines.iter().find(|line| words.iter().all(|word| line.contains(word)));
            Ok(line.cloned().ok_or_else(|| lines.join("\n")))
        })
    }

    /// The sum of all samples of a metric whose labels hold every one of the words.
    pub(crate) fn metric(&self, name: &str, words: &[&str]) -> Result<f64> {
        let page = http::get(self.admin, "/metrics")?.body;
        let samples = page.lines().filter_map(|line| line.rsplit_once(' '));
        let fitting = samples
            .filter(|(series, _)| series.split('{').next() == Some(name) && words.iter().all(|word| series.contains(word)));
        Ok(fitting.filter_map(|(_, value)| value.parse::<f64>().ok()).sum())
    }

    /// Sends SIGTERM and does not wait.
    pub(crate) fn terminate(&self) -> Result {
        let sent = Command::new("kill").args(["-TERM", &self.id.to_string()]).status()?;
        if sent.success() { Ok(()) } else { Err(fault("SIGTERM could not be sent")) }
    }

    /// The exit code, once the server has ended.
    pub(crate) fn exit_code(&self, limit: Duration) -> Result<i32> {
        match locked(&self.process).end_within(limit)? {
            Some(status) => status.code().ok_or_else(|| fault(format!("no502 ended with {status}"))),
            None => Err(fault(format!("no502 still runs after {} s\n{}", limit.as_secs(), self.log()))),
        }
    }

    /// Waits for the end of the server for as long as it takes.
    #[allow(dead_code, reason = "only the example waits without a limit")]
    pub(crate) fn wait(&self) -> Result<ExitStatus> {
        Ok(locked(&self.process).child().wait()?)
    }

    /// Ends the server as a crash would.
    pub(crate) fn kill(&self) -> Result {
        let mut process = locked(&self.process);
        process.child().kill()?;
        process.child().wait()?;
        Ok(())
    }
}

fn keep_lines(pipe: ChildStderr, lines: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(std::result::Result::ok) {
            locked(&lines).push(line);
        }
    });
}

fn address(process: &mut Owned, lines: &Mutex<Vec<String>>, prefix: &str) -> Result<SocketAddr> {
    until(prefix, START, || {
        let ended = process.ended()?;
        let said = locked(lines);
        let found = said.iter().find_map(|line| line.strip_prefix(prefix)?.trim().parse().ok());
        match (found, ended) {
            (None, Some(status)) => Err(fault(format!("no502 ended with {status}\n{}", said.join("\n")))),
            (found, _) => Ok(found.ok_or_else(|| said.join("\n"))),
        }
    })
}

/// Writes a policy document.
pub(crate) fn write_policy(folder: &Path, text: &str) -> Result<PathBuf> {
    create_dir_all(folder)?;
    let path = folder.join("policy.yaml");
    write(&path, text)?;
    Ok(path)
}
