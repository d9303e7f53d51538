//! What comes of requests whose route leads nowhere: a status, or what takes its place in another protocol.

use crate::finding::Finding;
use crate::object::Kind;
use crate::rule::RoutingCase;

/// What comes of a request whose route leads nowhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unanswered {
    /// This status.
    Status(u16),
    /// A call of gRPC ends with what its client makes of this status, which an HTTP request gets. Source:
    /// `doc/http-grpc-status-mapping.md` of `grpc/grpc`.
    Call(u16),
    /// The connection is closed: there is nothing that could carry a status.
    Closed,
}

impl Unanswered {
    /// What it is for the routes of an object, where an HTTP request gets this status.
    pub(super) fn of(case: &RoutingCase<'_>, status: u16) -> Self {
        match case.routing.id.kind {
            Kind::GrpcRoute => Self::Call(status),
            Kind::TlsRoute => Self::Closed,
            _ => Self::Status(status),
        }
    }

    /// As it is said: `every request gets 500`.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Call(status) => match status {
                404 => "UNIMPLEMENTED",
                429 | 502..=504 => "UNAVAILABLE",
                _ => "UNKNOWN",
            }
            .to_owned(),
            Self::Closed => "a closed connection".to_owned(),
        }
    }

    /// What it is that fails.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Status(_) => "request",
            Self::Call(_) => "call",
            Self::Closed => "connection",
        }
    }

    /// The finding with the status, where there is one.
    #[must_use]
    pub fn on(self, finding: Finding) -> Finding {
        match self {
            Self::Status(status) | Self::Call(status) => finding.status(status),
            Self::Closed => finding,
        }
    }
}
