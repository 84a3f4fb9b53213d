//! The master key of a server that was given none: a file beside the SQLite database.
//!
//! It holds one key per line, the current one first. To rotate, put a new line in front; the old key stays until
//! nothing of it is left. Whether a key fits the database is decided in `open.rs`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::private_file;
use crate::domain::key_ring::MasterKey;
use crate::domain::secret::Secret;

/// The place of a key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyFile(PathBuf);

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others could read it, so it may be no secret any more.
    #[error(
        "{path} can be used by others (mode {mode:03o}); take their permissions away with `chmod 600`, and rotate the \
         key if somebody else may have read it",
        path = path.display()
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The operating system refused.
    #[error("{action} {path}: {source}", path = path.display())]
    System {
        /// What was to be done.
        action: &'static str,
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl KeyFile {
    /// `oauth.db` has its key in `oauth.db.key`.
    pub(super) fn beside(database: &Path) -> Self {
        Self(private_file::beside(database, ".key"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The lines of the file; nothing if there is no file.
    pub(super) fn read(&self) -> Result<Option<Vec<Secret>>, KeyFileError> {
        let mut file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.system("open", error)),
        };
        let metadata = file.metadata().map_err(|error| self.system("look at", error))?;
        if let Some(mode) = private_file::exposed_mode(&metadata) {
            return Err(KeyFileError::Exposed {
                path: self.0.clone(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|error| self.system("read", error))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(Some(lines.map(Secret::new).collect()))
    }

    /// Writes a new key, so that after a power failure there is all of it or nothing.
    pub(super) fn create(&self, key: &MasterKey) -> Result<(), KeyFileError> {
        let unfinished = private_file::beside(&self.0, ".unfinished");
        let written = write_private(&unfinished, key.to_text().expose());
        written.map_err(|error| self.system("write", error))?;
        fs::rename(&unfinished, &self.0).map_err(|error| self.system("create", error))?;
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(|error| self.system("write the folder of", error))
    }

    fn system(&self, action: &'static str, source: io::Error) -> KeyFileError {
        KeyFileError::System {
            action,
            path: self.0.clone(),
            source,
        }
    }
}

fn write_private(path: &Path, line: &str) -> io::Result<()> {
    // One that an interrupted start left behind may have any mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = private_file::create(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}
