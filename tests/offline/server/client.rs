//! A client that trusts one CA and speaks HTTP/1.1 or HTTP/2, as the API server does.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::mpsc::{UnboundedSender, unbounded};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::process::{PATIENCE, Server};

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;
pub(crate) type Http1 = http1::SendRequest<Body>;
pub(crate) type Http2 = http2::SendRequest<Body>;
pub(crate) type Feed = UnboundedSender<Result<Frame<Bytes>, Infallible>>;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The response of a review that was answered.
    pub(crate) fn response(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        let review: Value = serde_json::from_slice(&self.body).unwrap();
        review["response"].clone()
    }
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("an answer within the patience of the test")
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < until, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A TLS connection; fails where the certificate is not one of that CA.
pub(crate) async fn tls(address: SocketAddr, ca: &Path, alpn: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

impl Server {
    pub(crate) async fn http1(&self) -> Http1 {
        let stream = within(tls(self.address, &self.ca(), "http/1.1")).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let (sender, connection) = within(http1::handshake(TokioIo::new(stream))).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub(crate) async fn http2(&self) -> Http2 {
        let stream = within(tls(self.address, &self.ca(), "h2")).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) = within(http2::handshake(TokioExecutor::new(), TokioIo::new(stream))).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// Posts on a connection of its own.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        send1(&mut self.http1().await, post(path, full(body))).await.unwrap()
    }

    /// Asks the admin listener.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let stream = within(TcpStream::connect(self.admin)).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(path).header("host", "admin").body(full("")).unwrap();
        send1(&mut sender, request).await.unwrap()
    }

    /// The value of a metric, by its name and labels as they are written.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let answer = self.get("/metrics").await;
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        answer.text().lines().find_map(value)
    }
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

/// A body that comes when the test says so, and ends when the feed is dropped.
pub(crate) fn fed() -> (Feed, Body) {
    let (feed, body) = unbounded();
    (feed, StreamBody::new(body).boxed_unsync())
}

pub(crate) fn feed(feed: &Feed, bytes: &str) {
    feed.unbounded_send(Ok(Frame::data(Bytes::copy_from_slice(bytes.as_bytes())))).unwrap();
}

pub(crate) fn post(path: &str, body: Body) -> Request<Body> {
    let request = Request::post(path).header("host", "localhost").header("content-type", "application/json");
    request.body(body).unwrap()
}

/// The same for HTTP/2, which wants the whole address.
pub(crate) fn post2(path: &str, body: Body) -> Request<Body> {
    let request = Request::post(format!("https://localhost{path}")).header("content-type", "application/json");
    request.body(body).unwrap()
}

pub(crate) async fn send1(sender: &mut Http1, request: Request<Body>) -> hyper::Result<Answer> {
    within(async {
        sender.ready().await?;
        whole(sender.send_request(request).await?).await
    })
    .await
}

pub(crate) async fn send2(sender: &mut Http2, request: Request<Body>) -> hyper::Result<Answer> {
    within(async {
        sender.ready().await?;
        whole(sender.send_request(request).await?).await
    })
    .await
}

async fn whole(response: Response<Incoming>) -> hyper::Result<Answer> {
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
