//! The one gRPC call of the load: the standard health service, its message framed by hand.

use hyper::header::HeaderMap;

/// The unary call that every gRPC server with the health service answers.
pub(super) const PATH: &str = "/grpc.health.v1.Health/Check";

/// A message of no bytes, the health of the whole server: not compressed, length 0.
pub(super) const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// What a call without a status comes to, as gRPC's own clients take it.
const UNKNOWN: u32 = 2;

/// The status of the call: in the trailers, or in the head of an answer that has nothing else.
pub(super) fn status(head: &HeaderMap, trailers: Option<&HeaderMap>) -> u32 {
    let of = |headers: &HeaderMap| headers.get("grpc-status")?.to_str().ok()?.parse().ok();
    trailers.and_then(of).or_else(|| of(head)).unwrap_or(UNKNOWN)
}
