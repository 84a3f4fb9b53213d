//! One open database: the file, its fixed settings, and the identity table of its functions.
//!
//! External access, allowed folders, memory and threads are settings of an instance, not of a connection. So there is
//! one instance per file, its settings come from configuration alone, and they are locked before the first caller's
//! statement. A new generation replaces an old one at reload; sessions keep theirs alive until they are done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::QueryError;
use super::ffi::Database;
use super::identity::{self, IdentityTable, SqlIdentity};
use super::session::Session;

/// What the server decides about an instance before it opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceSettings {
    /// Opens the file read-only; nothing can write through this server then.
    pub read_only: bool,
    /// Threads of the engine. One is best for many small queries.
    pub threads: u32,
    /// Memory of the engine in mebibytes.
    pub memory_limit_mib: u64,
    /// Where the engine may spill; `None` next to the file.
    pub temporary_directory: Option<PathBuf>,
    /// How many bytes it may spill there at once, for all queries together.
    pub max_temp_directory_bytes: u64,
    /// Folders that the owner's SQL may read (and write) files in. Everything else is out of reach.
    pub data_directories: Vec<PathBuf>,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self {
            read_only: false,
            threads: 1,
            memory_limit_mib: 1024,
            temporary_directory: None,
            max_temp_directory_bytes: 4 * 1024 * 1024 * 1024,
            data_directories: Vec::new(),
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// This process has the file open: a second instance would silently read stale data.
    #[error("{0} is already open in this process; one instance per database file")]
    AlreadyOpen(PathBuf),
    /// Another process has the file open.
    #[error(
        "{} is in use by {holder}, and DuckDB lets one process open a file: stop that process (a running server?), or work on a copy of the file with MXCP_DUCKDB_PATH", path.display()
    )]
    Locked {
        /// The database file.
        path: PathBuf,
        /// Who has it, as far as DuckDB can tell.
        holder: String,
    },
    /// The path cannot be used.
    #[error("{path}: {message}")]
    Path {
        /// The database file.
        path: PathBuf,
        /// What the file system said.
        message: String,
    },
    /// DuckDB refused.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// The database defines a function under a name that tells SQL who the caller is.
    #[error(
        "the database defines {kind} {name} in schema {schema}; this name is reserved, because it tells SQL who the caller is: drop it"
    )]
    ReservedName {
        /// The reserved name.
        name: String,
        /// `database.schema`
        schema: String,
        /// `a macro`, `a function`, …
        kind: String,
    },
}

impl From<super::ffi::DuckdbError> for OpenError {
    fn from(error: super::ffi::DuckdbError) -> Self {
        Self::Query(error.into())
    }
}

/// Files that are open in this process, by canonical path.
static OPEN_FILES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Holds a file's place in [`OPEN_FILES`].
struct Claim(PathBuf);

impl Claim {
    fn new(path: &Path) -> Result<Self, OpenError> {
        let canonical = canonical(path).map_err(|error| OpenError::Path {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        let mut open = OPEN_FILES.lock().unwrap_or_else(PoisonError::into_inner);
        match open.insert(canonical.clone()) {
            true => Ok(Self(canonical)),
            false => Err(OpenError::AlreadyOpen(canonical)),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        OPEN_FILES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.0);
    }
}

/// The canonical path of a file that need not exist yet; its folder must.
fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    if let Ok(canonical) = path.canonicalize() {
        return Ok(canonical);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(folder.canonicalize()?.join(path.file_name().unwrap_or_default()))
}

/// An open database.
pub struct Generation {
    database: Database,
    identities: Arc<IdentityTable>,
    read_only: bool,
    _claim: Option<Claim>,
}

impl Generation {
    /// Opens the database file at `path` and locks its settings.
    pub fn open(path: &Path, settings: &InstanceSettings) -> Result<Arc<Self>, OpenError> {
        let claim = Claim::new(path)?;
        let name = path.to_str().ok_or_else(|| OpenError::Path {
            path: path.to_owned(),
            message: "the path is not UTF-8".to_owned(),
        })?;
        Self::start(name, settings, Some(claim)).map_err(|error| locked(error, path))
    }

    /// Opens a database that lives in memory and is gone with its last session.
    pub fn in_memory(settings: &InstanceSettings) -> Result<Arc<Self>, OpenError> {
        Self::start(":memory:", settings, None)
    }

    fn start(name: &str, settings: &InstanceSettings, claim: Option<Claim>) -> Result<Arc<Self>, OpenError> {
        let database = Database::open(name, &open_settings(settings))?;
        let identities = Arc::new(IdentityTable::default());
        identities.install(&database.connect()?)?;
        let generation = Arc::new(Self {
            database,
            identities,
            read_only: settings.read_only,
            _claim: claim,
        });
        let mut session = generation.bare_session()?;
        session.refuse_reserved_names()?;
        for statement in confinement(settings) {
            session.administer(&statement)?;
        }
        Ok(generation)
    }

    /// Whether the file is open read-only.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// A new session: one connection, ready for one statement at a time.
    pub fn session(self: &Arc<Self>) -> Result<Session, QueryError> {
        let mut session = self.bare_session()?;
        for statement in identity::macros() {
            session.administer(&statement)?;
        }
        for statement in UNMEASURED {
            session.administer(statement)?;
        }
        Ok(session)
    }

    /// A session that checks statements and runs none of them: without the optimizer, which would compute what is constant in
    /// them and look for the best order of their joins, for as long as that takes.
    pub(crate) fn checking_session(self: &Arc<Self>) -> Result<Session, QueryError> {
        let mut session = self.session()?;
        session.administer("PRAGMA disable_optimizer")?;
        Ok(session)
    }

    fn bare_session(self: &Arc<Self>) -> Result<Session, QueryError> {
        let connection = self.database.connect()?;
        let seat = self.identities.join(connection.id());
        Ok(Session::new(Arc::clone(self), connection, seat))
    }

    /// The caller of statements that the server itself runs.
    pub(crate) fn nobody() -> Arc<SqlIdentity> {
        Arc::new(SqlIdentity::nobody())
    }
}

/// Names the holder of a file that another process has open.
fn locked(error: OpenError, path: &Path) -> OpenError {
    let holder = match &error {
        OpenError::Query(QueryError::Duckdb(refusal)) if refusal.message().contains(LOCK_REFUSED) => {
            let (_, holder) = refusal
                .message()
                .split_once("lock is held in ")
                .unwrap_or_default();
            holder.split_once(')').map(|(holder, _)| format!("{holder})"))
        }
        _ => return error,
    };
    OpenError::Locked {
        path: path.to_owned(),
        holder: holder.unwrap_or_else(|| "another process".to_owned()),
    }
}

/// DuckDB's words for a file that another process has open.
const LOCK_REFUSED: &str = "Could not set lock on file";

/// Settings that only take effect while the instance is opened.
fn open_settings(settings: &InstanceSettings) -> Vec<(&'static str, String)> {
    let access_mode = if settings.read_only {
        "READ_ONLY"
    } else {
        "AUTOMATIC"
    };
    let mut open = vec![
        ("access_mode", access_mode.to_owned()),
        ("threads", settings.threads.max(1).to_string()),
        ("memory_limit", format!("{}MiB", settings.memory_limit_mib)),
        ("autoinstall_known_extensions", "false".to_owned()),
        ("autoload_known_extensions", "false".to_owned()),
        ("allow_community_extensions", "false".to_owned()),
    ];
    if let Some(folder) = &settings.temporary_directory {
        open.push(("temp_directory", folder.display().to_string()));
    }
    open
}

/// Statements that confine the instance, in the order in which DuckDB accepts them: folders, then the wall, then the lock.
/// What may be spilled is set here, because DuckDB takes that setting at opening and does not heed it.
fn confinement(settings: &InstanceSettings) -> Vec<String> {
    let folders: Vec<String> = settings
        .data_directories
        .iter()
        .map(|folder| literal(folder))
        .collect();
    vec![
        format!(
            "SET max_temp_directory_size = '{}B'",
            settings.max_temp_directory_bytes
        ),
        format!("SET allowed_directories = [{}]", folders.join(", ")),
        "SET enable_external_access = false".to_owned(),
        format!("SET allowed_configs = ['{MEASURED}']"),
        "SET lock_configuration = true".to_owned(),
    ]
}

/// What DuckDB measures of a query when it is told to profile it.
const MEASURED: &str = "custom_profiling_settings";

/// DuckDB copies the list of what it could measure at every step of a query, also while it measures nothing: a third of the
/// instructions of a small one. So the list is emptied, which turns profiling on, which is turned off again. The setting
/// exists in connections alone, hence after the lock.
const UNMEASURED: [&str; 2] = ["SET custom_profiling_settings = '{}'", "PRAGMA disable_profiling"];

/// A path as a SQL string literal.
fn literal(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}
