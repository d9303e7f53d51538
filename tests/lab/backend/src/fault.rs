//! What can keep the program from starting.

use std::{net::SocketAddr, path::PathBuf};

/// Why the program cannot start, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `--listen` has no meaning.
    #[error(
        "`{0}` is no PORT=PROTOCOL: write for example 8080=http1; protocols: http1, http1.0, h2c, auto, h2, https, https-auto, grpc"
    )]
    Listen(String),
    /// `--on-term` has no meaning.
    #[error("`{0}` is not known: write exit, drain, ignore or serve-for=10s")]
    OnTerm(String),
    /// A time has no meaning.
    #[error("`{0}` is no time: write for example 500ms, 2s or 1m")]
    Duration(String),
    /// The port is taken, or not allowed.
    #[error("cannot listen at {address}: choose another port in --listen ({source})")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: leave the TLS protocols out of --listen ({0})")]
    Certificate(#[from] rcgen::Error),
    /// There is no certificate in the folder.
    #[error("cannot read tls.crt and tls.key in {folder}: mount a Secret of the type kubernetes.io/tls there ({source})")]
    Mounted {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with them.
        source: rustls::pki_types::pem::Error,
    },
    /// TLS refuses the certificate.
    #[error("cannot use the certificate: leave the TLS protocols out of --listen ({0})")]
    Tls(#[from] rustls::Error),
    /// The system gives no threads or no signals.
    #[error("cannot start: look at the limits of the container ({0})")]
    System(#[from] std::io::Error),
}
