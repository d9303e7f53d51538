//! The two paths of the webhook. Testable without a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request, State as Shared};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use tracing::{debug, warn};

use super::decide::{Question, Undecided, decide};
use super::state::State;
use crate::admission::MAX_BODY;
use crate::units::go;

/// The API server sends how long it waits: `?timeout=3s`.
#[derive(Deserialize)]
struct Deadline {
    timeout: Option<String>,
}

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

async fn validate(Shared(state): Shared<Arc<State>>, Query(deadline): Query<Deadline>, request: Request) -> Response {
    answer(&state, Question::Validate, &deadline, request).await
}

async fn mutate(Shared(state): Shared<Arc<State>>, Query(deadline): Query<Deadline>, request: Request) -> Response {
    answer(&state, Question::Mutate, &deadline, request).await
}

async fn answer(state: &State, question: Question, deadline: &Deadline, request: Request) -> Response {
    let deadline = deadline.timeout.as_deref().and_then(|text| go(text).ok()).map(|span| Duration::from_millis(span.as_millis()));
    let body = match read_body(request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => {
            state.metrics.rejected.with_label_values(&[refusal.reason]).inc();
            return refusal.into_response();
        }
    };
    match decide(state, question, &body, deadline).await {
        Ok(bytes) => ([(CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(undecided) => {
            let (status, reason) = match undecided {
                Undecided::Unreadable(_) => (StatusCode::BAD_REQUEST, "malformed"),
                Undecided::Overload => (StatusCode::TOO_MANY_REQUESTS, "overload"),
            };
            state.metrics.rejected.with_label_values(&[reason]).inc();
            let refusal = Refusal { status, reason, message: undecided.to_string() };
            let mut response = refusal.into_response();
            if status == StatusCode::TOO_MANY_REQUESTS {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        }
    }
}

/// Why a body was not judged.
struct Refusal {
    status: StatusCode,
    reason: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        warn!(status = self.status.as_u16(), reason = self.reason, message = self.message, "not judged");
        (self.status, format!("{}\n", self.message)).into_response()
    }
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    to_bytes(body, MAX_BODY).await.map_err(|error| {
        let is_too_large = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit"));
        if is_too_large {
            let message = format!("the body is larger than {MAX_BODY} bytes");
            Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, reason: "too_large", message }
        } else {
            debug!(%error, "the client went away");
            Refusal { status: StatusCode::BAD_REQUEST, reason: "malformed", message: format!("the body ended early: {error}") }
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
