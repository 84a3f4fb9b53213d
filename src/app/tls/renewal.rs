//! The certificate while the server runs: renewed files are used from the next connection on.
//!
//! Looking costs two system calls per handshake, which is little beside the handshake's cryptography, and needs no timer
//! and no signal. Files that do not fit together, as while a renewal writes them one after the other, change nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mxcp_actors::domain::clock::Clock;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::{self, CertificateError};
use crate::config::Tls;

/// The certificate of two files. See the module's documentation.
pub(super) struct RenewedCertificate {
    files: Tls,
    clock: Arc<dyn Clock>,
    current: Mutex<Current>,
}

struct Current {
    certified: Arc<CertifiedKey>,
    seen: [Option<Version>; 2],
}

/// What changes when a file is written or replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Version {
    fn of(file: &Path) -> Option<Self> {
        let metadata = fs::metadata(file).ok()?;
        Some(Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    fn of_both(files: &Tls) -> [Option<Self>; 2] {
        [Self::of(&files.cert), Self::of(&files.key)]
    }
}

impl RenewedCertificate {
    /// Reads the files for the first time.
    pub(super) fn load(files: &Tls, clock: Arc<dyn Clock>) -> Result<Self, CertificateError> {
        let seen = Version::of_both(files);
        let certified = Arc::new(certificate::load(files, clock.now())?);
        Ok(Self {
            files: files.clone(),
            clock,
            current: Mutex::new(Current { certified, seen }),
        })
    }

    /// The certificate of now.
    fn current(&self) -> Arc<CertifiedKey> {
        let seen = Version::of_both(&self.files);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.seen != seen {
            current.seen = seen;
            match certificate::load(&self.files, self.clock.now()) {
                Ok(certified) => {
                    log::info!("the renewed certificate in {} is used", self.files.cert.display());
                    current.certified = Arc::new(certified);
                }
                Err(error) => log::warn!("the certificate stays as it is: {error}"),
            }
        }
        Arc::clone(&current.certified)
    }
}

impl ResolvesServerCert for RenewedCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl std::fmt::Debug for RenewedCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RenewedCertificate")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
