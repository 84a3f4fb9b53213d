//! Files that belong to one user: their permissions, and their names beside the database.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The owner reads and writes; nobody else does anything.
pub(super) const MODE: u32 = 0o600;

/// What group and others may do.
const OTHERS: u32 = 0o077;

/// Makes a file that nobody else could ever read. Fails if there is one.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(path)
}

/// The permissions of a file, if others than its owner have any.
pub(super) fn exposed_mode(metadata: &Metadata) -> Option<u32> {
    (metadata.mode() & OTHERS != 0).then_some(metadata.mode() & 0o777)
}

/// `oauth.db` and `.key` are `oauth.db.key`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
