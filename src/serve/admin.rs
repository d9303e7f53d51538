//! The admin listener: is it alive, is it ready, what was counted. Plain HTTP, and nothing about objects.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::state::{State, today};

/// The paths of the admin listener.
pub(super) fn admin(state: Arc<State>) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(async || (StatusCode::NOT_FOUND, "see /livez, /readyz?verbose and /metrics\n"))
        .with_state(state)
}

async fn readyz(Shared(state): Shared<Arc<State>>, RawQuery(query): RawQuery) -> Response {
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")));
    let status = if state.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let short = if state.is_ready() { "ok\n" } else { "not ready; see /readyz?verbose\n" };
    if is_verbose { (status, report(&state)).into_response() } else { (status, short).into_response() }
}

/// One line for each thing that readiness depends on, or that is worth a look.
fn report(state: &State) -> String {
    let mut text = String::new();
    let mark = |good: bool| if good { "[+]" } else { "[-]" };
    let draining = state.is_draining.load(Ordering::Relaxed);
    let _ = writeln!(text, "{} {}", mark(!draining), if draining { "shutting down" } else { "serving" });
    for (kind, watch) in state.store.watches() {
        let _ = match (&watch.lost, watch.is_synced) {
            (Some((since, reason)), is_synced) => {
                let seconds = since.elapsed().as_secs();
                let goes_on = if is_synced { "answers go on from what was known" } else { "not listed yet" };
                writeln!(text, "{} watch {kind}: lost for {seconds} s; {goes_on}: {reason}", mark(is_synced))
            }
            (None, true) => writeln!(text, "[+] watch {kind}"),
            (None, false) => writeln!(text, "[-] watch {kind}: not listed yet"),
        };
    }
    let fault = state.policy_fault.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = match &*fault {
        None => writeln!(text, "[+] policy {}", state.plan().hash),
        Some(fault) => writeln!(text, "[!] policy {}: the newer document was refused: {fault}", state.plan().hash),
    };
    text
}

async fn metrics(Shared(state): Shared<Arc<State>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render(&state.store, &state.plan().document, today()))
        .into_response()
}
