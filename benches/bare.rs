//! A webhook that only reads a review and allows: the least that a server on the same stack can do.

use std::collections::HashMap;
use std::io::{Write, stdout};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fault::Result;

/// The first argument of the process that serves.
pub(crate) const ARGUMENT: &str = "bare-webhook";

/// As it is written by hand, or comes out of a library: envelope and request typed, the objects as JSON values.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    api_version: String,
    kind: String,
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "a typed review is read in full")]
struct Request {
    uid: String,
    kind: Kind,
    resource: HashMap<String, String>,
    name: Option<String>,
    namespace: Option<String>,
    operation: String,
    user_info: User,
    object: Option<Value>,
    old_object: Option<Value>,
    dry_run: Option<bool>,
    options: Option<Value>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "a typed review is read in full")]
#[allow(clippy::struct_field_names, reason = "as it is called on the wire")]
struct Kind {
    group: String,
    version: String,
    kind: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "a typed review is read in full")]
struct User {
    username: Option<String>,
    groups: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: String,
    kind: String,
    response: Allowed,
}

#[derive(Serialize)]
struct Allowed {
    uid: String,
    allowed: bool,
}

async fn allow(State(calls): State<Arc<AtomicU64>>, body: Bytes) -> Response {
    calls.fetch_add(1, Ordering::Relaxed);
    let review: Review = match serde_json::from_slice(&body) {
        Ok(review) => review,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    // What was parsed must really have been built.
    std::hint::black_box(&review);
    let response = Allowed { uid: review.request.uid, allowed: true };
    let answer = Answer { api_version: review.api_version, kind: review.kind, response };
    ([(CONTENT_TYPE, "application/json")], serde_json::to_vec(&answer).unwrap_or_default()).into_response()
}

/// Serves `POST /validate` and `POST /mutate`, and `GET /calls`: how often it was asked. Prints the address first, and never returns.
pub(crate) fn serve(certificate: &str, key: &str) -> Result {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| crate::fault::fault("a provider twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let tls = RustlsConfig::from_pem_file(certificate, key).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        writeln!(stdout(), "{}", listener.local_addr()?)?;
        let calls = |State(calls): State<Arc<AtomicU64>>| async move { calls.load(Ordering::Relaxed).to_string() };
        let router = Router::new().route("/validate", post(allow)).route("/mutate", post(allow)).route("/calls", get(calls));
        let router = router.with_state(Arc::default());
        let server = axum_server::from_tcp_rustls(listener, tls)?.map(|tls| tls.acceptor(NoDelayAcceptor));
        Ok(server.serve(router.into_make_service()).await?)
    })
}

/// Gives the command of this program what it needs to serve.
pub(crate) fn arguments<'c>(command: &'c mut Command, certificates: &Path) -> &'c mut Command {
    command.arg(ARGUMENT).arg(certificates.join("tls.crt")).arg(certificates.join("tls.key"));
    command.stdin(Stdio::null()).stdout(Stdio::piped())
}

/// The line in which such a process says where it listens.
pub(crate) fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    if let Some(pipe) = child.stdout.take() {
        std::io::BufRead::read_line(&mut std::io::BufReader::new(pipe), &mut line)?;
    }
    Ok(line.trim().to_owned())
}
