//! From a request to its answer.

use std::{convert::Infallible, sync::Arc};

use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::{Body as _, Incoming},
    header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue},
};

use crate::{
    connection::Connection,
    flags::{Protocol, ReadBody},
    grpc,
    log::unix_micros,
    payload::{AnyBody, Outgoing, Payload},
    program::Program,
    running::Running,
    websocket,
    wish::Wish,
};

/// Answers one request: reads it, takes its time, answers.
pub async fn answer(
    program: Arc<Program>,
    connection: Arc<Connection>,
    mut request: Request<Incoming>,
) -> Result<Response<Outgoing>, Infallible> {
    let arrived = unix_micros();
    let protocol = connection.protocol;
    let number = connection.next_request();
    let version = request.version();
    let mut running = Running::begin(&program, &connection, number, &request);
    // An answer to HEAD has no body that could be waited for.
    let wants_body = request.method() != Method::HEAD;
    let (mut response, close) = match Wish::read(request.uri().query()) {
        Ok(wish) => {
            // The health service reads its messages itself.
            let own_reader = protocol == Protocol::Grpc && grpc::is_health(request.uri().path());
            if program.flags.read_body == ReadBody::Whole && !own_reader {
                while let Some(Ok(_)) = request.body_mut().frame().await {}
            }
            wait(&program, &wish, request.uri().path()).await;
            if wish.abort {
                running.aborting();
                connection.cut();
                return std::future::pending().await;
            }
            (make(&program, protocol, request, &wish).await, wish.close)
        }
        Err(fault) => (plain(StatusCode::BAD_REQUEST, Payload::text(format!("{fault}\n"))), false),
    };
    mark(response.headers_mut(), &program, (arrived, connection.number, number, version));
    let last = program.flags.max_requests_per_connection.is_some_and(|most| number >= most);
    if close || last || protocol == Protocol::Http10 {
        end_after(&mut response, version, &connection);
    }
    if protocol == Protocol::Http10 {
        *response.version_mut() = Version::HTTP_10;
    }
    running.answering();
    let has_body = wants_body && !response.body().is_end_stream();
    Ok(response.map(|body| {
        if has_body {
            return Outgoing::new(body, Some(running));
        }
        running.done();
        Outgoing::new(body, None)
    }))
}

/// Probes measure the program, not its work: only their own wish delays them.
async fn wait(program: &Program, wish: &Wish, path: &str) {
    let work = if is_probe(path) { std::time::Duration::ZERO } else { program.flags.answer_delay };
    let time = work.saturating_add(wish.delay);
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

async fn make(program: &Arc<Program>, protocol: Protocol, mut request: Request<Incoming>, wish: &Wish) -> Response<AnyBody> {
    if protocol == Protocol::Grpc {
        return grpc::answer(program, request).await;
    }
    if request.uri().path() == "/ws" && wish.status.is_none() {
        return websocket::answer(program, &mut request);
    }
    let (own_status, text) = match request.uri().path() {
        "/livez" => (StatusCode::OK, "live"),
        "/readyz" if program.is_ready() => (StatusCode::OK, "ready"),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        _ if program.works() => (StatusCode::OK, "hello"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "not working yet"),
    };
    let status = wish.status.unwrap_or(own_status);
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let payload = match wish.body {
        _ if bodiless => Payload::filling(0),
        Some(length) => Payload::filling(length),
        None => Payload::text(format!("{text} from {}\n", program.name)),
    };
    let mut response = plain(status, payload.stall(wish.stall));
    swell(response.headers_mut(), wish);
    response
}

/// An answer of text.
pub fn plain(status: StatusCode, payload: Payload) -> Response<AnyBody> {
    let mut response = Response::new(payload.any());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// The headers asked for.
fn swell(headers: &mut HeaderMap, wish: &Wish) {
    if let Some(Ok(value)) = wish.header.map(|length| HeaderValue::try_from("x".repeat(length))) {
        headers.insert("x-backend-big", value);
    }
    for number in 1..=wish.headers {
        if let Ok(name) = HeaderName::try_from(format!("x-backend-extra-{number}")) {
            headers.insert(name, HeaderValue::from_static("x"));
        }
    }
}

/// Says who answers, and what arrived when and where.
fn mark(headers: &mut HeaderMap, program: &Program, (arrived, connection, request, version): (u128, u64, u64, Version)) {
    let values = [
        ("x-backend", program.name.clone()),
        ("x-backend-app", program.flags.app.clone()),
        ("x-backend-arrived", arrived.to_string()),
        ("x-backend-connection", connection.to_string()),
        ("x-backend-request", request.to_string()),
        ("x-backend-protocol", format!("{version:?}")),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// Closes after this answer, in the words of the protocol: a header before HTTP/2, GOAWAY from then on.
fn end_after(response: &mut Response<AnyBody>, version: Version, connection: &Connection) {
    if version >= Version::HTTP_2 {
        connection.finish();
    } else if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

fn is_probe(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz")
}
