//! One connection: how long it lives, and who may end it.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::TlsAcceptor;

use crate::{
    answer,
    flags::{Protocol, Versions},
    program::{Count, Program},
};

/// How long a peer has for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a peer of HTTP/2 has to confirm the goodbye when nothing runs any more.
const GOODBYE: Duration = Duration::from_millis(500);

/// What a request wants done with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    #[default]
    GoOn,
    Finish,
    Cut,
}

/// What the requests of one connection share.
pub struct Connection {
    /// What is spoken.
    pub protocol: Protocol,
    /// Its number in this process.
    pub number: u64,
    /// Requests whose answer has not ended.
    pub running: Arc<Count>,
    requests: AtomicU64,
    order: watch::Sender<Order>,
}

impl Connection {
    /// The number of the next request.
    pub fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Lets what runs end, then closes.
    pub fn finish(&self) {
        self.order.send_if_modified(|order| *order == Order::GoOn && std::mem::replace(order, Order::Finish) == Order::GoOn);
    }

    /// Closes at once, whatever runs.
    pub fn cut(&self) {
        self.order.send_replace(Order::Cut);
    }

    async fn ordered(&self, wanted: Order) {
        let _ = self.order.subscribe().wait_for(|order| *order == wanted).await;
    }
}

/// Serves a connection until it ends.
pub async fn serve(program: Arc<Program>, tcp: TcpStream, protocol: Protocol, acceptor: Option<TlsAcceptor>) {
    let _open = program.open.enter();
    let connection = Arc::new(Connection {
        protocol,
        number: program.next_connection(),
        running: Arc::default(),
        requests: AtomicU64::new(0),
        order: watch::Sender::default(),
    });
    let Some(acceptor) = acceptor else {
        return talk(program, connection, TokioIo::new(tcp)).await;
    };
    let mut draining = program.draining.subscribe();
    let shaken = tokio::select! {
        _ = draining.wait_for(|draining| *draining) => return,
        shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(tcp)) => shaken,
    };
    // A borrow of the program would keep it from being moved.
    drop(draining);
    if let Ok(Ok(tls)) = shaken {
        talk(program, connection, TokioIo::new(tls)).await;
    }
}

async fn talk<I>(program: Arc<Program>, connection: Arc<Connection>, io: I)
where
    I: Read + Write + Unpin + Send + 'static,
{
    let service =
        service_fn(|request: hyper::Request<Incoming>| answer::answer(Arc::clone(&program), Arc::clone(&connection), request));
    // Three builders: the one for both versions does not refuse the other one when it is told to speak one only.
    match connection.protocol.versions() {
        Versions::One => {
            let http = http1::Builder::new().serve_connection(io, service).with_upgrades();
            live(http, http1::UpgradeableConnection::graceful_shutdown, &program, &connection).await;
        }
        Versions::Two => {
            let http = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service);
            live(http, http2::Connection::graceful_shutdown, &program, &connection).await;
        }
        Versions::Both => {
            let builder = auto::Builder::new(TokioExecutor::new());
            let http = builder.serve_connection_with_upgrades(io, service);
            live(http, auto::UpgradeableConnection::graceful_shutdown, &program, &connection).await;
        }
    }
}

/// Moves a connection on until it ends, or is ended.
async fn live<H: Future>(http: H, goodbye: impl Fn(Pin<&mut H>), program: &Program, connection: &Connection) {
    let mut http = pin!(http);
    let mut end = pin!(time_to_end(program, connection));
    let mut silent = pin!(connection.running.none_for(GOODBYE));
    let mut cut = pin!(connection.ordered(Order::Cut));
    // HTTP/1 closes by itself once the last byte is out; HTTP/2 first waits for its peer, who may never answer.
    let impatient = connection.protocol.versions() != Versions::One;
    let mut ending = false;
    loop {
        tokio::select! {
            // First of all: what is cut must not get an answer.
            biased;
            () = cut.as_mut() => return,
            _ = http.as_mut() => return,
            () = end.as_mut(), if !ending => {
                ending = true;
                goodbye(http.as_mut());
            }
            () = silent.as_mut(), if ending && impatient => return,
        }
    }
}

/// Waits for the first reason to end: the program drains, a request asked for it, or nobody has asked for anything for long.
async fn time_to_end(program: &Program, connection: &Connection) {
    let mut draining = program.draining.subscribe();
    let idle = async {
        match program.flags.idle_timeout {
            Some(limit) => connection.running.none_for(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = draining.wait_for(|draining| *draining) => {}
        () = connection.ordered(Order::Finish) => {}
        () = idle => {}
    }
}
