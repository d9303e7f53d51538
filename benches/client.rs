//! An HTTPS client with connections that one can count: HTTP/1.1, as the API server speaks to webhooks.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::fault::{Context, Result, fault};

/// A server, and what a client needs to trust it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    tls: TlsConnector,
    /// The value of the header `Authorization`.
    authorization: Option<&'static str>,
}

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: Option<&'static str>,
}

impl Target {
    /// The server at an address whose certificate is signed by one of those in a PEM file.
    pub(crate) fn new(address: SocketAddr, authorities: &Path, authorization: Option<&'static str>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let pem = CertificateDer::pem_file_iter(authorities).context(|| authorities.display().to_string())?;
        for certificate in pem {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        // A new connection shall cost what it costs somebody who was never here before.
        config.resumption = Resumption::disabled();
        Ok(Self { address, tls: TlsConnector::from(Arc::new(config)), authorization })
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::from(self.address.ip()), stream).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; a fault shows in the request that meets it.
        tokio::spawn(connection);
        Ok(Connection { sender, host: self.address.to_string(), authorization: self.authorization })
    }
}

impl Connection {
    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        request = request.header(CONTENT_TYPE, "application/json");
        if let Some(value) = self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }

    /// Sends a review. Anything but an answer that allows is a fault.
    pub(crate) async fn review(&mut self, body: &Bytes) -> Result {
        let (status, answer) = self.send(Method::POST, "/validate?timeout=3s", body.clone()).await?;
        let allows = status == StatusCode::OK && answer.windows(14).any(|part| part == b"\"allowed\":true");
        if allows { Ok(()) } else { Err(fault(format!("{status}: {}", String::from_utf8_lossy(&answer)))) }
    }
}
