//! Small servers for the tests of the load, each with one habit.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) const GOOD: &str = "HTTP/1.1 200 OK\r\nx-backend: pod-1\r\nx-backend-app: shop\r\nx-backend-arrived: 1700000000000000\r\ncontent-length: 2\r\n\r\nok";

/// Handles each connection, with its number from 0, in a task of its own.
pub(super) async fn listen<F, Fut>(handle: F) -> SocketAddr
where
    F: Fn(TcpStream, u64) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(handle(stream, number));
        }
    });
    address
}

/// Answers every request with the same bytes, after a delay; counts the requests.
pub(super) async fn answering(answer: &'static str, delay: Duration) -> (SocketAddr, Arc<AtomicU64>) {
    let seen = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&seen);
    let address = listen(move |mut stream, _| {
        let seen = Arc::clone(&counter);
        async move {
            while request(&mut stream).await.is_some() {
                seen.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(delay).await;
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    });
    (address.await, seen)
}

/// Answers one request, then closes the connection, with a reset where wanted.
pub(super) async fn cutting(answer: &'static str, reset: bool) -> SocketAddr {
    listen(move |mut stream, _| async move {
        request(&mut stream).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        if reset {
            stream.set_zero_linger().unwrap();
        }
    })
    .await
}

/// Answers HTTP/2 calls; with a gRPC status in the trailers where one is given.
pub(super) async fn http2(status: Option<&'static str>) -> SocketAddr {
    listen(move |stream, _| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut response = hyper::Response::new(());
            response.headers_mut().insert("x-backend-app", HeaderValue::from_static("shop"));
            let mut body = respond.send_response(response, false).unwrap();
            body.send_data(Bytes::from_static(b"\0\0\0\0\0"), status.is_none()).unwrap();
            if let Some(status) = status {
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static(status));
                body.send_trailers(trailers).unwrap();
            }
        }
    })
    .await
}

/// Takes the upgrade of the load's own key and sends each frame back unmasked, after a ping.
pub(super) async fn websocket() -> SocketAddr {
    listen(|mut stream, _| async move {
        request(&mut stream).await;
        let accept = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                      sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nx-backend-app: shop\r\n\r\n";
        stream.write_all(accept.as_bytes()).await.unwrap();
        let mut head = [0; 2];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, [0x82, 0xfe], "one binary frame, masked, with a length of two bytes");
        let length = stream.read_u16().await.unwrap();
        let mut mask = [0; 4];
        stream.read_exact(&mut mask).await.unwrap();
        let mut payload = vec![0; usize::from(length)];
        stream.read_exact(&mut payload).await.unwrap();
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        stream.write_all(&[0x89, 0]).await.unwrap();
        stream.write_all(&[0x82, 126]).await.unwrap();
        stream.write_all(&length.to_be_bytes()).await.unwrap();
        stream.write_all(&payload).await.unwrap();
    })
    .await
}

/// Answers over TLS with a certificate made here.
pub(super) async fn tls() -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    listen(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            while request(&mut stream).await.is_some() {
                stream.write_all(GOOD.as_bytes()).await.unwrap();
            }
        }
    })
    .await
}

/// Reads the head of a request; nothing where the connection ends.
pub(super) async fn request<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
