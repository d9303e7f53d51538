//! Certificates: a CA and a serving pair of our own, and the pair that the server reads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;

/// Why certificates could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("the certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// A CA and a serving certificate that it signed, as files in one folder.
#[derive(Clone, Debug)]
pub struct SelfSigned {
    /// The certificate of the CA: what clients trust.
    pub ca: PathBuf,
    /// The serving certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl SelfSigned {
    /// The files in a folder, whether they are there or not.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { ca: folder.join("ca.crt"), certificate: folder.join("tls.crt"), key: folder.join("tls.key") }
    }

    /// Whether all files are there.
    #[must_use]
    pub fn exists(&self) -> bool {
        [&self.ca, &self.certificate, &self.key].iter().all(|path| path.is_file())
    }
}

/// Makes a CA, or takes the one in `ca_folder`, and a serving certificate for these names and addresses, and writes
/// `ca.crt`, `ca.key`, `tls.crt` and `tls.key`. Private keys can be read by their owner only.
///
/// # Errors
/// Where a file cannot be read or written, or a name is none.
pub fn make_certificates(
    folder: &Path,
    names: &[String],
    addresses: &[std::net::IpAddr],
    lifetime: Duration,
    ca_folder: Option<&Path>,
) -> Result<SelfSigned, CertificateError> {
    let now = OffsetDateTime::now_utc();
    // Clocks differ: what is made now must hold for a clock that is behind.
    let from = now - Duration::from_mins(5);
    fs::create_dir_all(folder).map_err(|source| CertificateError::File { path: folder.to_owned(), source })?;
    let files = SelfSigned::in_folder(folder);
    let (ca_pem, issuer) = if let Some(from_folder) = ca_folder {
        load_ca(from_folder)?
    } else {
        let issuer = new_ca(from, now + lifetime * 10)?;
        write_private(&folder.join("ca.key"), &issuer.key().serialize_pem())?;
        let pem = issuer.pem();
        (pem, Signer::New(Box::new(issuer)))
    };
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
    params.distinguished_name = named("no502");
    params.not_before = from;
    params.not_after = now + lifetime;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = match &issuer {
        Signer::New(issuer) => params.signed_by(&key, issuer)?,
        Signer::Loaded(issuer) => params.signed_by(&key, issuer)?,
    };
    write_private(&files.key, &key.serialize_pem())?;
    write_file(&files.certificate, &certificate.pem())?;
    write_file(&files.ca, &ca_pem)?;
    Ok(files)
}

/// Who signs.
enum Signer {
    New(Box<CertifiedIssuer<'static, KeyPair>>),
    Loaded(Box<rcgen::Issuer<'static, KeyPair>>),
}

fn new_ca(from: OffsetDateTime, until: OffsetDateTime) -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("no502 CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = from;
    params.not_after = until;
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn load_ca(folder: &Path) -> Result<(String, Signer), CertificateError> {
    let certificate = read_file(&folder.join("ca.crt"))?;
    let key = KeyPair::from_pem(&read_file(&folder.join("ca.key"))?)?;
    let issuer = rcgen::Issuer::from_ca_cert_pem(&certificate, key)?;
    Ok((certificate, Signer::Loaded(Box::new(issuer))))
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn read_file(path: &Path) -> Result<String, CertificateError> {
    fs::read_to_string(path).map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

fn write_file(path: &Path, text: &str) -> Result<(), CertificateError> {
    fs::write(path, text).map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

/// Writes a file that only its owner can read, from its first byte on.
fn write_private(path: &Path, text: &str) -> Result<(), CertificateError> {
    let written = open_private(path).and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

#[cfg(unix)]
fn open_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // A file that was there before keeps its mode when it is opened.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path)
}

/// One line or more for each certificate in a PEM file: its names, and how long it holds.
///
/// # Errors
/// Where the file cannot be read, or holds no certificate.
pub fn describe_certificates(path: &Path) -> Result<Vec<String>, CertificateError> {
    let text = read_file(path)?;
    let unreadable = |reason: String| CertificateError::File { path: path.to_owned(), source: io::Error::other(reason) };
    let mut lines = Vec::new();
    for block in x509_parser::pem::Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(|error| unreadable(error.to_string()))?;
        if block.label != "CERTIFICATE" {
            continue;
        }
        let certificate = block.parse_x509().map_err(|error| unreadable(error.to_string()))?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names: Vec<String> = names.iter().flat_map(|names| &names.value.general_names).map(shown_name).collect();
        let validity = certificate.validity();
        let days = (validity.not_after.timestamp() - OffsetDateTime::now_utc().unix_timestamp()).div_euclid(86_400);
        lines.push(format!("subject:    {}", certificate.subject()));
        lines.push(format!("names:      {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }));
        lines.push(format!("not before: {}", validity.not_before));
        lines.push(format!("not after:  {} ({days} days left)", validity.not_after));
    }
    if lines.is_empty() { Err(unreadable("holds no certificate in PEM".to_owned())) } else { Ok(lines) }
}

fn shown_name(name: &x509_parser::extensions::GeneralName<'_>) -> String {
    use x509_parser::extensions::GeneralName;
    match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => std::net::Ipv4Addr::from(v4).to_string(),
            Err(_) => <[u8; 16]>::try_from(*bytes).map_or_else(|_| "?".to_owned(), |v6| std::net::Ipv6Addr::from(v6).to_string()),
        },
        other => other.to_string(),
    }
}

/// When the first certificate of a PEM file ends, since the epoch.
#[must_use]
pub(super) fn expiry(path: &Path) -> Option<Duration> {
    let text = fs::read(path).ok()?;
    let block = x509_parser::pem::Pem::iter_from_buffer(&text).next()?.ok()?;
    let end = block.parse_x509().ok()?.validity().not_after.timestamp();
    u64::try_from(end).ok().map(Duration::from_secs)
}
