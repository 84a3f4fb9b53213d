//! The few things that segments ask of a file system, so that a test can let each of them fail.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Nobody but the server reads what users did.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A file system.
pub(super) trait Disk: Send + 'static {
    /// An open segment.
    type File: Send;

    /// Creates the folder and those above it, unless they exist.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Creates a file for appending, and fails if there is anything of that name, be it a link.
    fn create(&self, path: &Path) -> io::Result<Self::File>;

    /// Writes at the end, in one call unless the system splits it.
    fn append(&self, file: &mut Self::File, bytes: &[u8]) -> io::Result<()>;

    /// Cuts off what a failed write has left behind `length`.
    fn cut_back(&self, file: &mut Self::File, length: u64) -> io::Result<()>;

    /// Returns when the content survives a power failure.
    fn synchronise(&self, file: &mut Self::File) -> io::Result<()>;

    /// Whether the open file is still the one at `path`.
    fn is_in_place(&self, file: &Self::File, path: &Path) -> bool;
}

/// The real one.
#[derive(Debug)]
pub(super) struct FileSystem;

impl Disk for FileSystem {
    type File = File;

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)?;
        // The name of a new file is content of its folder.
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(file)
    }

    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn cut_back(&self, file: &mut File, length: u64) -> io::Result<()> {
        if file.metadata()?.len() > length {
            file.set_len(length)?;
        }
        Ok(())
    }

    fn synchronise(&self, file: &mut File) -> io::Result<()> {
        file.sync_data()
    }

    fn is_in_place(&self, file: &File, path: &Path) -> bool {
        match (file.metadata(), fs::symlink_metadata(path)) {
            (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
            _ => false,
        }
    }
}

/// Appends to a file that may exist, creating it for the server alone.
pub(super) fn append_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)?;
    file.write_all(bytes)
}
