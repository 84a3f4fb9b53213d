//! `transport.http.tls`: the server's own certificate.

use std::path::PathBuf;

use crate::config::folders::Folders;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

/// The section as written.
pub(super) struct TlsFile {
    cert: Located<String>,
    key: Located<String>,
}

/// A certificate and its key, PEM files that are read again when they are renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl FromYaml for TlsFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("TLS configuration");
        let cert = fields.required_with("cert", located_text);
        let key = fields.required_with("key", located_text);
        fields.finish();
        Some(Self {
            cert: cert?,
            key: key?,
        })
    }
}

impl TlsFile {
    pub(super) fn resolve(self, folders: &Folders, problems: &mut Problems) -> Option<Tls> {
        let cert = folders.resolve_or_report(&self.cert, problems);
        let key = folders.resolve_or_report(&self.key, problems);
        Some(Tls {
            cert: cert?,
            key: key?,
        })
    }
}
