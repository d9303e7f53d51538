//! A CA, and a certificate that it signed, for pods that gateways verify: `${ca}`, `${certificate}` and `${key}` in an experiment.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::fault::{Fault, Result};

/// The name in the certificate of the pods.
const NAME: &str = "app.lab";

/// As PEM.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    ca: String,
    certificate: String,
    key: String,
}

impl Certificates {
    /// Makes all of them.
    pub(crate) fn make() -> Result<Self> {
        Self::signed().map_err(|error| Fault::Other(format!("the certificates of the pods: {error}")))
    }

    /// The text with what stands for them put in.
    pub(crate) fn put_in(&self, text: &str) -> String {
        text.replace("${ca}", &self.ca).replace("${certificate}", &self.certificate).replace("${key}", &self.key)
    }

    fn signed() -> std::result::Result<Self, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.distinguished_name.push(DnType::CommonName, "the CA of the pods");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let ca = authority.self_signed(&authority_key)?.pem();
        let key = KeyPair::generate()?;
        let mut own = CertificateParams::new(vec![NAME.to_owned()])?;
        own.distinguished_name.push(DnType::CommonName, NAME);
        own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = own.signed_by(&key, &Issuer::new(authority, authority_key))?.pem();
        Ok(Self { ca, certificate, key: key.serialize_pem() })
    }
}
