//! What is sent: the requests of one load, as an experiment writes them, and the request they come to.

use std::net::{Ipv4Addr, SocketAddr};

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, TE, UPGRADE,
};
use hyper::http::Uri;
use no502::units::Duration;
use serde::Deserialize;

use super::{grpc, websocket};

/// Requests at a constant rate to one address.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(crate) struct Traffic {
    /// Where the gateway (or the Service) listens. Never written in an experiment: the laboratory knows it.
    #[serde(skip)]
    pub(crate) address: SocketAddr,
    /// The Host header; the address where empty.
    pub(crate) host: String,
    /// The path, with its query.
    pub(crate) path: String,
    /// The method. gRPC is always POST and WebSocket always GET.
    pub(crate) method: Method,
    /// How requests are spoken.
    pub(crate) protocol: Protocol,
    /// Requests a second.
    pub(crate) rate: u32,
    /// Bytes of body in each request; for WebSocket the bytes to be echoed.
    pub(crate) body: usize,
    /// Whether connections are used again.
    pub(crate) connections: Connections,
    /// How long a request may take from its scheduled instant.
    pub(crate) timeout: Duration,
    /// For WebSocket: how long nothing is said before the echo, within the timeout.
    pub(crate) silence: Duration,
    /// More headers.
    pub(crate) headers: Vec<(String, String)>,
}

/// The protocol of the requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    /// HTTP/1.1 in plain text.
    #[default]
    Http1,
    /// HTTP/2 in plain text, without an upgrade.
    H2c,
    /// HTTP/1.1 over TLS, which is asked for the host. Any certificate is taken.
    Https,
    /// A unary call of the health service over HTTP/2 in plain text; the path is that of the call.
    Grpc,
    /// The same over TLS, where a gateway takes HTTP/2 on no other port.
    Grpcs,
    /// A WebSocket with one echo, on a connection of its own.
    #[serde(rename = "websocket")]
    WebSocket,
}

/// The method of the requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    /// Safe to send again.
    #[default]
    Get,
    /// Neither safe nor idempotent: gateways do not send it again by themselves.
    Post,
    /// Idempotent, with a body.
    Put,
    /// Neither safe nor idempotent.
    Patch,
    /// Idempotent.
    Delete,
    /// As GET, and the answer has no body.
    Head,
}

/// Whether a connection serves more than one request.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Connections {
    /// One connection for each request.
    #[default]
    New,
    /// Idle connections are kept and the last used is taken first; HTTP/2 shares one.
    Reuse,
}

/// Traffic that cannot be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum BadTraffic {
    /// Path or host give no address of a page.
    #[error("path {0:?} with this host is no URI: write it as in /status?delay=50")]
    Uri(String),
    /// A header that HTTP forbids.
    #[error("header {0:?} is not one that HTTP allows: correct its name or its value")]
    Header(String),
    /// A name that TLS cannot ask for.
    #[error("host {0:?} is no DNS name, which TLS asks for: write one, as in shop.example")]
    ServerName(String),
    /// The TLS library refuses the client's settings.
    #[error("the TLS client cannot be set up ({0}): check the features of the rustls dependency")]
    Tls(String),
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            host: String::new(),
            path: "/".to_owned(),
            method: Method::default(),
            protocol: Protocol::default(),
            rate: 50,
            body: 0,
            connections: Connections::default(),
            timeout: Duration::from_secs(5),
            silence: Duration::ZERO,
            headers: Vec::new(),
        }
    }
}

impl Protocol {
    /// Whether it is spoken over TLS.
    pub(crate) const fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Grpcs)
    }

    /// Whether many requests share a connection.
    pub(super) const fn is_http2(self) -> bool {
        matches!(self, Self::H2c | Self::Grpc | Self::Grpcs)
    }

    /// Whether requests are calls of gRPC.
    pub(super) const fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::Grpcs)
    }
}

impl Method {
    fn http(self) -> hyper::Method {
        match self {
            Self::Get => hyper::Method::GET,
            Self::Post => hyper::Method::POST,
            Self::Put => hyper::Method::PUT,
            Self::Patch => hyper::Method::PATCH,
            Self::Delete => hyper::Method::DELETE,
            Self::Head => hyper::Method::HEAD,
        }
    }
}

/// The request that is sent again and again; a copy of it costs no copy of its body.
pub(super) struct Template {
    method: hyper::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Template {
    pub(super) fn new(traffic: &Traffic) -> Result<Self, BadTraffic> {
        let host = if traffic.host.is_empty() { traffic.address.to_string() } else { traffic.host.clone() };
        let (path, method) = match traffic.protocol {
            Protocol::Grpc | Protocol::Grpcs => (grpc::PATH, hyper::Method::POST),
            Protocol::WebSocket => (traffic.path.as_str(), hyper::Method::GET),
            _ => (traffic.path.as_str(), traffic.method.http()),
        };
        // HTTP/2 has no Host header: the host is part of its URI.
        let http2 = traffic.protocol.is_http2();
        let scheme = if traffic.protocol.is_secure() { "https" } else { "http" };
        let uri = if http2 { format!("{scheme}://{host}{path}") } else { path.to_owned() };
        let uri = uri.parse().map_err(|_| BadTraffic::Uri(path.to_owned()))?;
        let body = match traffic.protocol {
            Protocol::Grpc | Protocol::Grpcs => Bytes::from_static(grpc::EMPTY_MESSAGE),
            Protocol::WebSocket => Bytes::new(),
            _ => Bytes::from(vec![b'x'; traffic.body]),
        };
        let mut headers = own_headers(traffic);
        if !http2 {
            headers.insert(HOST, HeaderValue::try_from(&host).map_err(|_| BadTraffic::Header(host))?);
        }
        for (name, value) in &traffic.headers {
            let fault = || BadTraffic::Header(name.clone());
            let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
            headers.append(name.map_err(|_| fault())?, value.map_err(|_| fault())?);
        }
        Ok(Self { method, uri, headers, body })
    }

    pub(super) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        request.method_mut().clone_from(&self.method);
        request.uri_mut().clone_from(&self.uri);
        request.headers_mut().clone_from(&self.headers);
        request
    }
}

/// The headers that the protocol asks for.
fn own_headers(traffic: &Traffic) -> HeaderMap {
    let mut headers = HeaderMap::new();
    match (&traffic.protocol, traffic.connections) {
        (Protocol::Grpc | Protocol::Grpcs, _) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        (Protocol::WebSocket, _) => {
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(websocket::KEY));
        }
        // As every client does that sends one request only.
        (Protocol::Http1 | Protocol::Https, Connections::New) => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        (Protocol::H2c, _) | (_, Connections::Reuse) => {}
    }
    headers
}
