//! Audit records as a table of a DuckDB file, and what exports have in common: the columns, and files that only their
//! owner can read.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mxcp_actors::domain::audit_event::AuditRecord;
use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings, OpenError};
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;

/// The columns and their SQL types: those of MXCP in its order, and after them those that MXCP does not have.
pub const COLUMNS: [(&str, &str); 34] = [
    ("record_id", "VARCHAR"),
    ("timestamp", "TIMESTAMPTZ"),
    ("caller_type", "VARCHAR"),
    ("operation_type", "VARCHAR"),
    ("operation_name", "VARCHAR"),
    ("duration_ms", "BIGINT"),
    ("user_id", "VARCHAR"),
    ("session_id", "VARCHAR"),
    ("trace_id", "VARCHAR"),
    ("operation_status", "VARCHAR"),
    ("error", "VARCHAR"),
    ("policy_decision", "VARCHAR"),
    ("policy_reason", "VARCHAR"),
    ("business_context", "JSON"),
    ("execution_events", "JSON"),
    ("schema_name", "VARCHAR"),
    ("schema_version", "INTEGER"),
    ("input_data", "JSON"),
    ("output_data", "JSON"),
    ("policies_evaluated", "VARCHAR[]"),
    ("prev_hash", "VARCHAR"),
    ("record_hash", "VARCHAR"),
    ("signature", "VARCHAR"),
    ("user_name", "VARCHAR"),
    ("user_provider", "VARCHAR"),
    ("user_display_name", "VARCHAR"),
    ("user_email", "VARCHAR"),
    ("client_id", "VARCHAR"),
    ("request_id", "VARCHAR"),
    ("waited_ms", "BIGINT"),
    ("ran_ms", "BIGINT"),
    ("instance_id", "VARCHAR"),
    ("attempt_id", "VARCHAR"),
    ("grant_id", "VARCHAR"),
];

/// Larger than any record in a segment.
const LARGEST_RECORD: usize = 64 * 1024 * 1024;

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record cannot be written as JSON.
    #[error("a record cannot be written: {0}")]
    Record(#[from] serde_json::Error),
    /// The DuckDB file cannot be opened.
    #[error("the export cannot be opened: {0}")]
    Open(#[from] OpenError),
    /// DuckDB did not take the records.
    #[error("the export cannot be written: {0}")]
    Query(#[from] QueryError),
}

/// A new file, or an existing one made empty, that only its owner can read: records say who did what.
pub fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Replaces the table `audit_logs` of a DuckDB file, which is made if there is none, and answers how many records it holds.
/// `logs` is a view of it.
pub fn to_duckdb(records: &mut impl Iterator<Item = AuditRecord>, path: &Path) -> Result<usize, ExportError> {
    let lines = Lines::write(records, path)?;
    let settings = InstanceSettings {
        data_directories: vec![folder_of(path).to_owned()],
        ..InstanceSettings::default()
    };
    let is_new = !path.exists();
    let generation = Generation::open(path, &settings)?;
    if is_new {
        make_private(path)?;
    }
    let mut session = generation.session()?;
    run(&mut session, &create_table(&lines.path))?;
    run(
        &mut session,
        "CREATE OR REPLACE VIEW logs AS SELECT * FROM audit_logs",
    )?;
    Ok(lines.count)
}

fn make_private(path: &Path) -> Result<(), ExportError> {
    let permissions = Permissions::from_mode(0o600);
    fs::set_permissions(path, permissions).map_err(|source| ExportError::File {
        path: path.to_owned(),
        source,
    })
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

fn create_table(lines: &Path) -> String {
    let columns = COLUMNS.map(|(name, data_type)| format!("{name}: '{data_type}'"));
    let path = lines.display().to_string().replace('\'', "''");
    format!(
        "CREATE OR REPLACE TABLE audit_logs AS SELECT * FROM read_json('{path}', format = 'newline_delimited', \
         maximum_object_size = {LARGEST_RECORD}, columns = {{{}}})",
        columns.join(", ")
    )
}

fn run(session: &mut Session, sql: &str) -> Result<(), QueryError> {
    let statement = Statement::check(session, sql, &[])?;
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: Arc::new(SqlIdentity::nobody()),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    session.run(&query, &CancelToken::new()).map(drop)
}

/// The records as lines of JSON beside the DuckDB file, while it reads them.
struct Lines {
    path: PathBuf,
    count: usize,
}

impl Lines {
    fn write(records: &mut impl Iterator<Item = AuditRecord>, beside: &Path) -> Result<Self, ExportError> {
        let name = beside.file_name().unwrap_or_default().to_string_lossy();
        let path = folder_of(beside).join(format!(".{name}-{}.jsonl", std::process::id()));
        let failed = |source: io::Error| ExportError::File {
            path: path.clone(),
            source,
        };
        let mut file = BufWriter::new(private_file(&path).map_err(failed)?);
        // From here on the file is removed whatever happens.
        let mut lines = Self {
            path: path.clone(),
            count: 0,
        };
        for record in records {
            serde_json::to_writer(&mut file, &record)?;
            file.write_all(b"\n").map_err(failed)?;
            lines.count += 1;
        }
        file.flush().map_err(failed)?;
        Ok(lines)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            log::warn!("{} is left behind: {error}", self.path.display());
        }
    }
}
