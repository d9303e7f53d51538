//! Connections: opened, with one task each that drives it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::Full;
use hyper::Request;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::failure::Failure;
use super::tls;
use super::traffic::{BadTraffic, Traffic};

/// As many headers, and as large a head, as common clients take.
const HEADERS: usize = 512;
const HEAD_SIZE: usize = 1 << 20;
const HEAD_SIZE_HTTP2: u32 = 1 << 20;

type Body = Full<Bytes>;

/// An open connection.
pub(super) struct Connection {
    /// Counts from 1 in each load.
    pub(super) number: u64,
    sender: Sender,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Connection {
    /// Sends a request; where nothing of it was written, the error gives it back.
    pub(super) async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        match &mut self.sender {
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => sender.try_send_request(request).await,
        }
    }

    /// Waits until the answer before is done with; false where the connection ended.
    pub(super) async fn ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }

    /// Whether the other side is known to have closed it.
    pub(super) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// The same connection for one more request at the same time; HTTP/1 has no such thing.
    pub(super) fn shared(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self { number: self.number, sender: Sender::Http2(sender.clone()) }),
        }
    }
}

/// Opens connections.
pub(super) struct Dialer {
    address: SocketAddr,
    http2: bool,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    opened: AtomicU64,
}

impl Dialer {
    pub(super) fn new(traffic: &Traffic) -> Result<Self, BadTraffic> {
        let http2 = traffic.protocol.is_http2();
        let secure = || {
            let name = ServerName::try_from(traffic.host.clone());
            let name = name.map_err(|_| BadTraffic::ServerName(traffic.host.clone()))?;
            let client = tls::client(http2).map_err(|error| BadTraffic::Tls(error.to_string()))?;
            Ok((TlsConnector::from(Arc::new(client)), name))
        };
        let tls = traffic.protocol.is_secure().then(secure).transpose()?;
        Ok(Self { address: traffic.address, http2, tls, opened: AtomicU64::new(0) })
    }

    pub(super) async fn open(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| Failure::of(&error))?;
        stream.set_nodelay(true).map_err(|error| Failure::of(&error))?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let sender = match &self.tls {
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await.map_err(|error| Failure::of(&error))?;
                if self.http2 { http2(stream).await } else { http1(stream).await }
            }
            None if self.http2 => http2(stream).await,
            None => http1(stream).await,
        };
        Ok(Connection { number, sender: sender.map_err(|error| Failure::of(&error))? })
    }
}

async fn http1<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> hyper::Result<Sender> {
    let mut builder = http1::Builder::new();
    builder.max_headers(HEADERS).max_buf_size(HEAD_SIZE);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    // How it ends is told to the request that waits on it.
    tokio::spawn(connection.with_upgrades());
    Ok(Sender::Http1(sender))
}

async fn http2<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> hyper::Result<Sender> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.max_header_list_size(HEAD_SIZE_HTTP2);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(Sender::Http2(sender))
}
