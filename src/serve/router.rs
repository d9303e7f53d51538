//! The two paths of the webhook. Testable without a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tracing::{debug, warn};

use super::decide::{Place, Question, Undecided, decide};
use super::state::State;
use crate::admission::MAX_BODY;
use crate::units::go;

/// How long a body may take: no webhook is waited for longer than that.
const BODY: Duration = Duration::from_secs(30);

/// The paths of the webhook.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/validate", post(validate))
        .route("/mutate", post(mutate))
        .fallback(async || (StatusCode::NOT_FOUND, "no502 answers POST /validate and POST /mutate\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "send a POST with an AdmissionReview\n"))
        .layer(middleware::from_fn_with_state(state.clone(), say_goodbye))
        .with_state(state)
}

async fn validate(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    answer(&state, Question::Validate, request).await
}

async fn mutate(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    answer(&state, Question::Mutate, request).await
}

/// The API server sends how long it waits: `?timeout=3s`. What cannot be read is no reason to refuse a review.
fn deadline(query: &str) -> Option<Duration> {
    let text = query.split('&').find_map(|pair| pair.strip_prefix("timeout="))?;
    go(text).ok().map(|span| Duration::from_millis(span.as_millis()))
}

async fn answer(state: &State, question: Question, request: Request) -> Response {
    let deadline = request.uri().query().and_then(deadline);
    match judge(state, question, deadline, request).await {
        Ok(bytes) => ([(CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(refusal) => {
            state.metrics.rejected.with_label_values(&[refusal.reason]).inc();
            refusal.into_response()
        }
    }
}

/// Takes a place before the body is read: bodies are what needs memory.
async fn judge(state: &State, question: Question, deadline: Option<Duration>, request: Request) -> Result<Vec<u8>, Refusal> {
    let _place = Place::take(state)?;
    let body = tokio::time::timeout(BODY, read_body(request.into_body())).await;
    let body = body
        .unwrap_or_else(|_| Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body came too slowly".to_owned())))?;
    Ok(decide(state, question, &body, deadline).await?)
}

/// Why a body was not judged.
struct Refusal {
    status: StatusCode,
    reason: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, reason: &'static str, message: String) -> Self {
        Self { status, reason, message }
    }
}

impl From<Undecided> for Refusal {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Unreadable(_) => Self::new(StatusCode::BAD_REQUEST, "malformed", undecided.to_string()),
            Undecided::Overload => Self::new(StatusCode::TOO_MANY_REQUESTS, "overload", undecided.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        warn!(status = self.status.as_u16(), reason = self.reason, what = self.message, "not judged");
        let mut response = (self.status, format!("{}\n", self.message)).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    to_bytes(body, MAX_BODY).await.map_err(|error| {
        let is_too_large = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit"));
        if is_too_large {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body is larger than {MAX_BODY} bytes"))
        } else {
            debug!(%error, "the client went away");
            Refusal::new(StatusCode::BAD_REQUEST, "malformed", format!("the body ended early: {error}"))
        }
    })
}

/// While the server drains, every answer ends its connection, so that clients open the next one elsewhere.
async fn say_goodbye(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let is_http1 = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if is_http1 && state.is_draining.load(Ordering::Relaxed) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
