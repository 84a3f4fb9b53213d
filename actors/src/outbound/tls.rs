//! Whose certificates are believed: those of the authorities that this machine trusts, where its operator can add an
//! authority of the company; on a machine that has none, Mozilla's list as of the day the server was built.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// TLS cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TLS for outgoing calls cannot be set up: {0}")]
pub struct NoCertificates(String);

/// Believes the certificates of these authorities, and no others.
pub(super) fn configuration(roots: RootCertStore) -> Result<Arc<ClientConfig>, NoCertificates> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NoCertificates(error.to_string()))?;
    let mut configuration = builder.with_root_certificates(roots).with_no_client_auth();
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

/// The authorities that are believed.
pub(super) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        log::warn!("certificate authorities of this machine: {error}");
    }
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    log::debug!("{added} certificate authorities of this machine are trusted, {ignored} could not be read");
    if roots.is_empty() {
        log::info!("this machine has no certificate authorities; trusting Mozilla's list");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
