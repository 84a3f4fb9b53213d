//! A certificate chain and its private key, read from PEM files. Every mistake is told with the file that has it.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mxcp_actors::domain::clock::Timestamp;
use rustls::InconsistentKeys;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

use crate::config::Tls;

/// The largest file that is read.
const MOST_BYTES: u64 = 1024 * 1024;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("transport.http.tls: {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("transport.http.tls: {}: {reason}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what is accepted.
        reason: String,
    },
    /// The key belongs to another certificate.
    #[error(
        "transport.http.tls: the key in {} does not belong to the first certificate in {}", key.display(), cert.display()
    )]
    Mismatch {
        /// The file of the chain.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

/// Reads both files. What is only regrettable is logged: a certificate out of its time, a key that others can read.
pub(super) fn load(files: &Tls, now: Timestamp) -> Result<CertifiedKey, CertificateError> {
    let chain = chain(&files.cert)?;
    let key = ring::default_provider()
        .key_provider
        .load_private_key(private_key(&files.key)?);
    let key =
        key.map_err(|error| content(&files.key, format!("holds a key that cannot be used: {error}")))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Not every kind of key can say to what it belongs.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(CertificateError::Mismatch {
                cert: files.cert.clone(),
                key: files.key.clone(),
            });
        }
        Err(error) => return Err(content(&files.cert, format!("cannot be used: {error}"))),
    }
    warn_of_time(&files.cert, &certified, now)?;
    warn_of_readers(&files.key);
    Ok(certified)
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let pem = read(file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| content(file, format!("is no PEM file: {error}")))?;
    match chain.is_empty() {
        true => Err(content(
            file,
            "holds no certificate; accepted is a chain in PEM (-----BEGIN CERTIFICATE-----), the server's own first",
        )),
        false => Ok(chain),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let pem = read(file)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        content(
            file,
            "holds no private key that can be read; accepted is one in PEM without a passphrase (PKCS #8, PKCS #1 or SEC 1)",
        )
    })
}

fn read(file: &Path) -> Result<Vec<u8>, CertificateError> {
    let failed = |source| CertificateError::Read {
        file: file.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(failed)?;
    opened
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length <= MOST_BYTES) {
        true => Ok(bytes),
        false => Err(content(file, format!("is larger than {MOST_BYTES} bytes"))),
    }
}

fn content(file: &Path, reason: impl Into<String>) -> CertificateError {
    CertificateError::Content {
        file: file.to_owned(),
        reason: reason.into(),
    }
}

/// Clients refuse such a certificate, and the operator may be about to renew it: no reason not to start.
fn warn_of_time(file: &Path, certified: &CertifiedKey, now: Timestamp) -> Result<(), CertificateError> {
    let first = certified.cert.first().map(AsRef::as_ref).unwrap_or_default();
    let (_, parsed) = parse_x509_certificate(first)
        .map_err(|error| content(file, format!("holds no X.509 certificate: {error}")))?;
    let validity = parsed.validity();
    if now.seconds() > validity.not_after.timestamp() {
        log::warn!(
            "transport.http.tls: {}: the certificate expired on {}; clients refuse it",
            file.display(),
            validity.not_after
        );
    } else if now.seconds() < validity.not_before.timestamp() {
        log::warn!(
            "transport.http.tls: {}: the certificate is not valid before {}; clients refuse it",
            file.display(),
            validity.not_before
        );
    }
    Ok(())
}

fn warn_of_readers(file: &Path) {
    const OTHERS: u32 = 0o007;
    let mode = fs::metadata(file).map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & OTHERS != 0) {
        log::warn!(
            "transport.http.tls: {}: every user of this machine can read or change the private key; chmod 600 it",
            file.display()
        );
    }
}
