//! A small TCP forwarder: stands where a Service or a slow network stands.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::fault::Result;
use crate::http;

/// Takes connections on `address` and hands each to one of its targets.
pub(crate) struct Forwarder {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    targets: Mutex<Vec<SocketAddr>>,
    next: AtomicUsize,
    held: AtomicBool,
    closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Forwarder {
    /// One target for ever.
    pub(crate) fn to(target: SocketAddr) -> Result<Self> {
        Self::listen(vec![target])
    }

    /// Several targets, each with its admin address: only those that are ready get new connections. Connections that
    /// exist stay where they are, as with kube-proxy.
    pub(crate) fn to_ready(targets: &[(SocketAddr, SocketAddr)]) -> Result<Self> {
        let forwarder = Self::listen(targets.iter().map(|(target, _)| *target).collect())?;
        let (shared, all) = (Arc::clone(&forwarder.shared), targets.to_vec());
        spawn(move || {
            while !shared.closed.load(Ordering::Relaxed) {
                let ready = |admin| http::get(admin, "/readyz").is_ok_and(|reply| reply.status == 200);
                let now = all.iter().filter(|(_, admin)| ready(*admin)).map(|(target, _)| *target).collect();
                *shared.targets.lock().unwrap_or_else(PoisonError::into_inner) = now;
                // An endpoint leaves a real cluster's routing after about a second.
                sleep(Duration::from_millis(500));
            }
        });
        Ok(forwarder)
    }

    fn listen(targets: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { targets: Mutex::new(targets), ..Shared::default() });
        let ours = Arc::clone(&shared);
        spawn(move || {
            for client in listener.incoming().map_while(std::result::Result::ok) {
                if ours.closed.load(Ordering::Relaxed) {
                    return;
                }
                connect(client, &ours);
            }
        });
        Ok(Self { address, shared })
    }

    /// Holds back everything that comes from the targets, or lets it through again. Nothing is lost.
    pub(crate) fn hold(&self, held: bool) {
        self.shared.held.store(held, Ordering::Relaxed);
    }

    /// Ends all connections and takes no new ones.
    pub(crate) fn cut(&self) {
        self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner).clear();
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many targets get new connections.
    pub(crate) fn ready(&self) -> usize {
        self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees it.
        let _ = TcpStream::connect(self.address);
    }
}

fn connect(client: TcpStream, shared: &Arc<Shared>) {
    let targets = shared.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let turn = shared.next.fetch_add(1, Ordering::Relaxed);
    let target = turn.checked_rem(targets.len()).and_then(|index| targets.get(index));
    let Some(server) = target.and_then(|target| TcpStream::connect(target).ok()) else {
        return;
    };
    shared.open.lock().unwrap_or_else(PoisonError::into_inner).extend(client.try_clone());
    if let (Ok(client_reads), Ok(server_reads)) = (client.try_clone(), server.try_clone()) {
        spawn(move || pump(client_reads, server, None));
        let shared = Arc::clone(shared);
        spawn(move || pump(server_reads, client, Some(&shared)));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, gate: Option<&Shared>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        while gate.is_some_and(|shared| shared.held.load(Ordering::Relaxed)) {
            sleep(Duration::from_millis(5));
        }
        if to.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    // The other direction may still have something to say.
    let _ = to.shutdown(Shutdown::Write);
}
