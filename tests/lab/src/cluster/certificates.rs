//! The cluster's CA, the API server's certificate, one for whoever administers, and the key of service accounts.

use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use serde_json::json;

use super::network::{API_SERVICE, NODE_ADDRESS};
use crate::fault::{At, Fault, Result};

/// The files, in one folder.
#[derive(Clone, Debug)]
pub(crate) struct Certificates(PathBuf);

impl Certificates {
    /// Makes all of them.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        create_dir_all(folder).at(folder)?;
        let files = Self(folder.to_owned());
        files.fill().map_err(|error| Fault::Other(format!("the certificates of the cluster: {error}")))?;
        Ok(files)
    }

    /// One of: `ca.crt`, `server.crt`, `server.key`, `admin.crt`, `admin.key`, `accounts.key`, `accounts.pub`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A kubeconfig for the administrator, which needs no other file.
    pub(crate) fn kubeconfig(&self, to: &Path) -> Result {
        let text = |name: &str| std::fs::read_to_string(self.file(name)).at(&self.file(name));
        let data = |name: &str| text(name).map(|text| STANDARD.encode(text));
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {
                "server": format!("https://{NODE_ADDRESS}:6443"), "certificate-authority-data": data("ca.crt")?,
            }}],
            "users": [{"name": "lab", "user": {"client-certificate-data": data("admin.crt")?, "client-key-data": data("admin.key")?}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        });
        write(to, config.to_string()).at(to)
    }

    fn fill(&self) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.distinguished_name.push(DnType::CommonName, "lab");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        write(self.file("ca.crt"), authority.self_signed(&authority_key)?.pem())?;
        let issuer = Issuer::new(authority, authority_key);

        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
        let mut server = CertificateParams::new(names.to_vec())?;
        for address in ["127.0.0.1", NODE_ADDRESS, API_SERVICE] {
            server.subject_alt_names.push(SanType::IpAddress(address.parse()?));
        }
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.signed("server", server, &issuer)?;

        let mut admin = CertificateParams::new(Vec::new())?;
        admin.distinguished_name.push(DnType::CommonName, "lab-admin");
        admin.distinguished_name.push(DnType::OrganizationName, "system:masters");
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.signed("admin", admin, &issuer)?;

        let accounts = KeyPair::generate()?;
        write(self.file("accounts.key"), accounts.serialize_pem())?;
        write(self.file("accounts.pub"), accounts.public_key_pem())?;
        Ok(())
    }

    fn signed(
        &self,
        name: &str,
        mut wanted: CertificateParams,
        issuer: &Issuer<'_, KeyPair>,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let key = KeyPair::generate()?;
        wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        write(self.file(&format!("{name}.crt")), wanted.signed_by(&key, issuer)?.pem())?;
        write(self.file(&format!("{name}.key")), key.serialize_pem())?;
        Ok(())
    }
}
