//! The SQLite file: one process at a time, readable by its owner only.
//!
//! The process holds a lock on a second file, `….lock`, for as long as it runs. SQLite's own exclusive mode would do
//! as well, but it would leave the server a single connection, and keep backups by `sqlite3 … .backup` out while the
//! server runs. The kernel gives the lock back when the process ends, however it ends; the file stays.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::connection::StoreConnection;
use crate::store::private_file;

const PRIVATE_FOLDER: u32 = 0o700;

/// A file that belongs to this process until this is dropped.
pub(super) struct SqliteFile {
    path: PathBuf,
    _lock: File,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SqliteFileError {
    /// Another process uses it. An SQLite file serves one server.
    #[error(
        "{path} is in use by another process ({process}); stop it, or use PostgreSQL to run several servers",
        path = path.display()
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// The number of the process, if it could be read.
        process: String,
    },
    /// It is a folder, or something else that holds no data.
    #[error("{} is no file", .0.display())]
    NotAFile(PathBuf),
    /// SQLite takes paths as UTF-8.
    #[error("{} is not UTF-8", .0.display())]
    NotText(PathBuf),
    /// The operating system refused.
    #[error("{action} {path}: {source}", path = path.display())]
    System {
        /// What was to be done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SqliteFile {
    /// Makes the file if it is not there, and keeps other processes away from it.
    pub(super) fn claim(path: &Path) -> Result<Self, SqliteFileError> {
        let path = real_path(path)?;
        let lock = lock(&path)?;
        make(&path)?;
        let file = Self { path, _lock: lock };
        file.restrict()?;
        Ok(file)
    }

    pub(super) fn path_text(&self) -> Result<&str, SqliteFileError> {
        let not_text = || SqliteFileError::NotText(self.path.clone());
        self.path.to_str().ok_or_else(not_text)
    }

    /// Takes the database and the files that SQLite keeps beside it away from everybody but their owner. SQLite makes
    /// these like the database, so this finds something to do only where somebody else made them.
    ///
    /// Nothing is opened here: closing a file would give back the locks that SQLite holds on it in this process.
    pub(super) fn restrict(&self) -> Result<(), SqliteFileError> {
        for suffix in ["", "-wal", "-shm"] {
            let path = private_file::beside(&self.path, suffix);
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(system("look at", &path, error)),
            };
            if private_file::exposed_mode(&metadata).is_some() {
                fs::set_permissions(&path, Permissions::from_mode(private_file::MODE))
                    .map_err(|error| system("take the permissions of others from", &path, error))?;
                log::warn!("{} could be read by others; its mode is 600 now", path.display());
            }
        }
        Ok(())
    }
}

/// Says so if the file also serves an earlier MXCP: its tables may hold tokens in plain text.
pub(super) fn warn_of_earlier_tables(name: &str, connection: &mut StoreConnection) {
    const EARLIER: &str = "SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table' \
                           AND name IN ('oauth_clients', 'auth_codes', 'states', 'sessions')";
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        tables: i64,
    }
    if let StoreConnection::Sqlite(sqlite) = connection
        && sql_query(EARLIER)
            .get_result::<Count>(sqlite)
            .is_ok_and(|count| count.tables == 4)
    {
        log::warn!(
            "{name} also holds the tables of an earlier MXCP, possibly with tokens in plain text. Nothing in them is \
             used: users log in anew. Drop them, or configure another path"
        );
    }
}

/// The path without links, so that one file has one lock.
fn real_path(path: &Path) -> Result<PathBuf, SqliteFileError> {
    let name = path
        .file_name()
        .ok_or_else(|| SqliteFileError::NotAFile(path.to_owned()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_FOLDER)
        .create(folder)
        .map_err(|error| system("create the folder", folder, error))?;
    let resolve = |path: &Path| fs::canonicalize(path).map_err(|error| system("resolve", path, error));
    if path.exists() {
        resolve(path)
    } else {
        Ok(resolve(folder)?.join(name))
    }
}

fn lock(database: &Path) -> Result<File, SqliteFileError> {
    let path = private_file::beside(database, ".lock");
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(private_file::MODE)
        .open(&path);
    let mut file = opened.map_err(|error| system("open", &path, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            let is_read = file.read_to_string(&mut process).is_ok_and(|length| length > 0);
            let process = if is_read { process } else { "unknown".to_owned() };
            return Err(SqliteFileError::InUse {
                path: database.to_owned(),
                process: process.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(system("lock", &path, error)),
    }
    let noted = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    noted.map_err(|error| system("write", &path, error))?;
    Ok(file)
}

/// Makes an empty file, which SQLite takes for an empty database. Left to itself it would make one that others can
/// read.
fn make(path: &Path) -> Result<(), SqliteFileError> {
    match private_file::create(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_file() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(SqliteFileError::NotAFile(path.to_owned()))
        }
        Err(error) => Err(system("create", path, error)),
    }
}

fn system(action: &'static str, path: &Path, source: io::Error) -> SqliteFileError {
    SqliteFileError::System {
        action,
        path: path.to_owned(),
        source,
    }
}
