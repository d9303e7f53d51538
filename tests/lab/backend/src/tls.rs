//! TLS with a certificate that is mounted, or with one of its own making.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::fault::Fault;

/// The key and the certificate, for all ports.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Makes a key and signs its certificate with it.
    pub fn make() -> Result<Self, Fault> {
        let names = ["localhost", "backend"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names)?;
        Ok(Self { chain: vec![made.cert.der().clone()], key: PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()) })
    }

    /// Reads `tls.crt` and `tls.key`, the files of a Secret.
    pub fn read(folder: &Path) -> Result<Self, Fault> {
        let unreadable = |source| Fault::Mounted { folder: folder.to_owned(), source };
        let chain = CertificateDer::pem_file_iter(folder.join("tls.crt")).and_then(Iterator::collect).map_err(unreadable)?;
        let key = PrivateKeyDer::from_pem_file(folder.join("tls.key")).map_err(unreadable)?;
        Ok(Self { chain, key })
    }

    /// TLS that offers these names in ALPN.
    pub fn acceptor(&self, alpn: &[&str]) -> Result<TlsAcceptor, Fault> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
