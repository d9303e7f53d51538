//! Floor 7: sockets, the clock, signals: the admission webhook as a server.

mod admin;
mod certificate;
mod decide;
mod hint;
mod late;
mod listen;
pub mod metrics;
mod reload;
mod router;
mod shutdown;
mod state;

pub use certificate::{CertificateError, SelfSigned, describe_certificates, make_certificates};
pub use listen::{Options, ServeError, run};
pub use router::router;
pub use state::State;
