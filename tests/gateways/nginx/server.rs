//! The program: asked about a configuration, or serving it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What `nginx -t` says of a configuration: nothing, or why it refuses it.
pub(super) fn refusal(configuration: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut check = command(folder.path(), configuration);
    let output =
        check.args(["-t", "-g", "pid nginx.pid; error_log stderr warn;"]).output().unwrap_or_else(|error| missing(&error));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return None;
    }
    assert!(said.contains("[emerg]"), "{said}");
    Some(said)
}

/// As it calls itself: `nginx 1.22.1`.
pub(super) fn version() -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), "").arg("-v").output().unwrap_or_else(|error| missing(&error));
    let said = String::from_utf8_lossy(&output.stderr);
    said.trim().trim_start_matches("nginx version: ").replace('/', " ")
}

/// One that serves, until it is dropped.
pub(super) struct Server {
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts it, and waits until it listens at `address`.
    pub(super) fn start(configuration: &str, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(folder.path(), configuration);
        command.args(["-g", "daemon off; master_process off; pid nginx.pid; error_log error.log info;"]);
        command.stderr(Stdio::null());
        let server = Self { child: command.spawn().unwrap_or_else(|error| missing(&error)), folder };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "nginx does not listen:\n{}", server.log("error.log"));
            sleep(Duration::from_millis(10));
        }
        server
    }

    /// What it wrote into one of its files.
    pub(super) fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Addresses that nobody listens at now.
pub(super) fn free<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

fn command(folder: &Path, configuration: &str) -> Command {
    let path = folder.join("nginx.conf");
    std::fs::write(&path, configuration).unwrap();
    let mut nginx = Command::new(program());
    nginx.arg("-p").arg(folder).arg("-e").arg("stderr").arg("-c").arg(&path);
    if let Some(libraries) = std::env::var_os("NO502_NGINX_LIBRARIES") {
        nginx.env("LD_LIBRARY_PATH", libraries);
    }
    nginx
}

fn program() -> PathBuf {
    std::env::var_os("NO502_NGINX").map_or_else(|| PathBuf::from("nginx"), PathBuf::from)
}

fn missing<T>(error: &std::io::Error) -> T {
    panic!("{} does not start: {error}\nrun `make test-gateways`, or name an nginx in NO502_NGINX", program().display())
}
