//! The server's own TLS: what is offered, and with which certificate.
//!
//! - `certificate`: the two files, read and held against each other.
//! - `renewal`: the same files while the server runs.

mod certificate;
mod renewal;

use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use rustls::ServerConfig;
use rustls::crypto::ring;

pub use certificate::CertificateError;
use renewal::RenewedCertificate;

use crate::config::Tls;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate or its key.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The library's own versions and cipher suites do not fit together.
    #[error("TLS cannot be set up: {0}")]
    Library(rustls::Error),
}

/// TLS 1.2 and 1.3 with the certificate of these files, which is read again when they change.
///
/// HTTP/1.1 is all that is negotiated: a reset of an HTTP/2 stream would not end the request behind it.
pub fn server_config(files: &Tls, clock: Arc<dyn Clock>) -> Result<ServerConfig, TlsError> {
    let certificate = RenewedCertificate::load(files, clock)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config = builder
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Library)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificate));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
