//! What stands behind nginx: the laboratory's backend, and sockets that behave as pods and nodes in trouble do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

/// One pod.
#[derive(Clone, Copy)]
pub(super) enum Pod {
    /// The backend, which speaks this.
    Speaks(&'static str),
    /// The backend, 100 ms away, which closes a connection that is idle for so many milliseconds.
    Far(u32),
    /// Takes a request, says this, and closes: a sidecar without its application, or a program that crashes over it.
    Says(&'static str),
    /// Takes connections and never says a word.
    Hangs,
    /// Nobody listens any more.
    Gone,
    /// Its node is gone: nothing comes back, not even a refusal.
    Unreachable,
}

/// The way to a pod in another zone.
const WIRE: Duration = Duration::from_millis(100);

/// Pods that run, until they are dropped.
pub(super) struct Pods {
    pub(super) addresses: Vec<SocketAddr>,
    children: Vec<Child>,
    /// Held open, each for what it does not do.
    silent: Vec<TcpListener>,
    bound: Vec<TcpSocket>,
    full: Vec<(tokio::net::TcpListener, Vec<TcpStream>)>,
    runtime: Runtime,
}

impl Pods {
    pub(super) fn start(pods: &[Pod]) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let mut all = Self {
            addresses: Vec::new(),
            children: Vec::new(),
            silent: Vec::new(),
            bound: Vec::new(),
            full: Vec::new(),
            runtime,
        };
        for pod in pods {
            let address = all.open(*pod);
            all.addresses.push(address);
        }
        all
    }

    fn open(&mut self, pod: Pod) -> SocketAddr {
        match pod {
            Pod::Speaks(protocol) => self.backend(&["--listen", &format!("0={protocol}")]),
            Pod::Far(idle) => relay(self.backend(&["--listen", "0=http1", "--idle-timeout", &format!("{idle}ms")])),
            Pod::Says(text) => says(text),
            Pod::Hangs => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = listener.local_addr().unwrap();
                self.silent.push(listener);
                address
            }
            Pod::Gone => {
                let socket = bound();
                let address = socket.local_addr().unwrap();
                self.bound.push(socket);
                address
            }
            Pod::Unreachable => {
                let _inside = self.runtime.enter();
                let listener = bound().listen(0).unwrap();
                let address = listener.local_addr().unwrap();
                // Who comes when the queue is full is not even refused.
                let waiting =
                    (0..8).map_while(|_| TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok()).collect();
                self.full.push((listener, waiting));
                address
            }
        }
    }

    fn backend(&mut self, arguments: &[&str]) -> SocketAddr {
        let mut command = Command::new(beside("backend"));
        command.args(["--bind", "127.0.0.1"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("backend: {error}: run `make test-gateways`"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.children.push(child);
        let address = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let word = line.split(' ').find_map(|word| word.strip_prefix("address="))?;
            word.parse().ok()
        });
        // Somebody has to read what it says, or it stops at a full pipe.
        spawn(move || lines.for_each(drop));
        address.expect("the backend says where it listens")
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program of the workspace, which cargo builds beside ours.
pub(super) fn beside(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_no502")).with_file_name(name)
}

fn bound() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

fn says(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Requests here are small, and come in one piece.
            let _ = stream.read(&mut [0; 16_384]);
            let _ = stream.write_all(text.as_bytes());
        }
    });
    address
}

/// A wire to an address on which everything takes its time, also the news that the other side has closed.
fn relay(to: SocketAddr) -> SocketAddr {
    fn carry(mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16_384];
        loop {
            let read = from.read(&mut bytes).unwrap_or(0);
            sleep(WIRE);
            if read == 0 || to.write_all(&bytes[..read]).is_err() {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(to) else { continue };
            let (back, forth) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            spawn(move || carry(near, far));
            spawn(move || carry(back, forth));
        }
    });
    address
}
