//! An HTTPS request that stops half-way, so that it is in flight for as long as a test needs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::fault::{Context, Result, fault};

/// What a client needs to trust the server.
pub(crate) fn trusting(authority: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority).context(|| authority.display().to_string())?;
    roots.add(certificate)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A POST of which only half of the body was sent.
pub(crate) struct Half {
    stream: StreamOwned<ClientConnection, TcpStream>,
    rest: Vec<u8>,
}

impl Half {
    /// Connects and sends the head and half of the body.
    pub(crate) fn send(config: &Arc<ClientConfig>, address: SocketAddr, path: &str, body: &str) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let name = ServerName::from(address.ip());
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(config), name)?, socket);
        let head = format!(
            "POST {path}?timeout=30s HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let (first, rest) = body.as_bytes().split_at(body.len() / 2);
        stream.write_all(head.as_bytes())?;
        stream.write_all(first)?;
        stream.flush()?;
        Ok(Self { stream, rest: rest.to_vec() })
    }

    /// Sends the other half and reads the answer: all of it, as its head and its length say.
    pub(crate) fn finish(mut self) -> Result<String> {
        self.stream.write_all(&self.rest)?;
        self.stream.flush()?;
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = self.stream.read(&mut buffer).context(|| String::from_utf8_lossy(&bytes).into_owned())?;
            bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let text = String::from_utf8_lossy(&bytes);
            if complete(&text) {
                return Ok(text.into_owned());
            }
            if read == 0 {
                return Err(fault(format!("the answer ends early: {text}")));
            }
        }
    }
}

fn complete(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}
