//! One request from its template to its reply, over a connection of its own or one that is used again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::HeaderMap;

use super::connection::{Connection, Dialer};
use super::failure::Failure;
use super::record::Reply;
use super::traffic::{BadTraffic, Connections, Protocol, Template, Traffic};
use super::{grpc, websocket};

/// The sender of one load's requests.
pub(super) struct Client {
    template: Template,
    dialer: Dialer,
    protocol: Protocol,
    reuse: bool,
    echo: usize,
    silence: Duration,
    /// Idle HTTP/1 connections, the last used at the end.
    idle: Mutex<Vec<Connection>>,
    /// How often a request was sent again, see [`Client::send`].
    resent: AtomicU64,
    /// The one HTTP/2 connection. Locked while it is opened, so that only one is.
    shared: tokio::sync::Mutex<Option<Connection>>,
}

/// A connection for one request, and whether it was used before.
struct Taken {
    connection: Connection,
    used: bool,
}

impl Client {
    pub(super) fn new(traffic: &Traffic) -> Result<Self, BadTraffic> {
        Ok(Self {
            template: Template::new(traffic)?,
            dialer: Dialer::new(traffic)?,
            protocol: traffic.protocol,
            reuse: traffic.connections == Connections::Reuse && traffic.protocol != Protocol::WebSocket,
            echo: traffic.body,
            silence: Duration::from_millis(traffic.silence.as_millis()),
            idle: Mutex::default(),
            resent: AtomicU64::new(0),
            shared: tokio::sync::Mutex::default(),
        })
    }

    /// Sends one request. `number` tells which connection carries it, also to who stops waiting for the answer.
    pub(super) async fn send(&self, number: &AtomicU64) -> Result<(Reply, Connection), Failure> {
        let mut request = self.template.request();
        loop {
            let Taken { mut connection, used } = self.take().await?;
            number.store(connection.number, Ordering::Relaxed);
            match connection.send(request).await {
                Ok(response) => return Ok((self.read(response).await?, connection)),
                // It was closed before anything was written: every client takes another one then. And before anything was
                // answered: clients send an idempotent request again (RFC 9110, 9.2.2), as Go, curl and browsers do.
                Err(mut error) => match (error.take_message(), Failure::of(error.error())) {
                    (Some(unsent), _) if used => request = unsent,
                    (None, Failure::Closed | Failure::Reset) if used && self.template.is_idempotent() => {
                        self.resent.fetch_add(1, Ordering::Relaxed);
                        request = self.template.request();
                    }
                    (_, failure) => return Err(failure),
                },
            }
        }
    }

    /// How many requests were written to a kept connection that ended without an answer, and sent again.
    pub(super) fn resent(&self) -> u64 {
        self.resent.load(Ordering::Relaxed)
    }

    /// Keeps the connection of an answer for the next request, where that is wanted and possible.
    pub(super) async fn keep(&self, mut connection: Connection) {
        if self.reuse && connection.shared().is_none() && connection.ready().await {
            self.idle().push(connection);
        }
    }

    async fn take(&self) -> Result<Taken, Failure> {
        if self.reuse && self.protocol.is_http2() {
            return self.take_shared().await;
        }
        while let Some(connection) = self.idle().pop() {
            if !connection.is_closed() {
                return Ok(Taken { connection, used: true });
            }
        }
        Ok(Taken { connection: self.dialer.open().await?, used: false })
    }

    async fn take_shared(&self) -> Result<Taken, Failure> {
        let mut shared = self.shared.lock().await;
        let open = shared.as_ref().filter(|connection| !connection.is_closed()).and_then(Connection::shared);
        if let Some(connection) = open {
            return Ok(Taken { connection, used: true });
        }
        let connection = self.dialer.open().await?;
        *shared = connection.shared();
        Ok(Taken { connection, used: false })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the answer to its end; a body cut short is a failure.
    async fn read(&self, mut response: Response<Incoming>) -> Result<Reply, Failure> {
        if self.protocol == Protocol::WebSocket && response.status() == StatusCode::SWITCHING_PROTOCOLS {
            websocket::echo(&mut response, self.echo, self.silence).await?;
            return Ok(reply(response.status(), response.headers(), None));
        }
        let (head, mut body) = response.into_parts();
        let mut trailers = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::of(&error))?;
            if let Ok(found) = frame.into_trailers() {
                trailers = Some(found);
            }
        }
        let call = self.protocol.is_grpc() && head.status == StatusCode::OK;
        let grpc = call.then(|| grpc::status(&head.headers, trailers.as_ref()));
        Ok(reply(head.status, &head.headers, grpc))
    }
}

fn reply(status: StatusCode, headers: &HeaderMap, grpc: Option<u32>) -> Reply {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Reply::Status {
        code: status.as_u16(),
        backend: text("x-backend").map(str::to_owned),
        app: text("x-backend-app").map(str::to_owned),
        arrived: text("x-backend-arrived").and_then(|micros| micros.parse().ok()),
        grpc,
    }
}
