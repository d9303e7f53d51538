//! TLS with a certificate of its own making.

use std::sync::Arc;

use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::fault::Fault;

/// The key and the certificate, made once for all ports.
pub struct Identity(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Identity {
    /// Makes a key and signs its certificate with it.
    pub fn make() -> Result<Self, Fault> {
        let names = ["localhost", "backend"].map(str::to_owned);
        Ok(Self(rcgen::generate_simple_self_signed(names)?))
    }

    /// TLS that offers these names in ALPN.
    pub fn acceptor(&self, alpn: &[&str]) -> Result<TlsAcceptor, Fault> {
        let key = PrivateKeyDer::Pkcs8(self.0.signing_key.serialize_der().into());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.0.cert.der().clone()], key)?;
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
