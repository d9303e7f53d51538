//! gRPC: the standard health service, and the answer of a server that has nothing else.

use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming};
use tonic::{Status, body::Body, codegen::Service as _};

use crate::{payload::AnyBody, program::Program};

const HEALTH: &str = "/grpc.health.v1.Health/";

/// Whether the health service answers at this path.
pub fn is_health(path: &str) -> bool {
    path.starts_with(HEALTH)
}

/// Answers a call. Failures are statuses of gRPC, as tonic sends them: HTTP says 200.
pub async fn answer(program: &Program, request: Request<Incoming>) -> Response<AnyBody> {
    let response = if is_health(request.uri().path()) {
        let Ok(response) = program.health.clone().call(request).await;
        response
    } else if program.works() {
        Status::unimplemented("").into_http()
    } else {
        Status::unavailable("not working yet").into_http()
    };
    response.map(|body: Body| body.map_err(Into::into).boxed_unsync())
}
