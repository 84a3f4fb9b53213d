//! What was started: which project, how, with what switched on. Fixed for the life of the process, and free of secrets.

use std::path::PathBuf;

use mxcp_actors::domain::clock::Timestamp;
use serde_json::{Value, json};

use super::Admin;

/// The version of this server.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What was started.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is told by its own name")]
pub struct About {
    /// The project.
    pub project: String,
    /// Its active profile.
    pub profile: String,
    /// The folder of `mxcp-site.yml`.
    pub root: PathBuf,
    /// The database, as configured.
    pub database: PathBuf,
    /// Whether it is opened for reading only.
    pub is_readonly: bool,
    /// Whether the log is at level DEBUG.
    pub is_debug: bool,
    /// The transport's name.
    pub transport: &'static str,
    /// The provider's name; `none` while authentication is off.
    pub provider: &'static str,
    /// Whether the built-in SQL tools are offered.
    pub has_sql_tools: bool,
    /// Whether records are kept.
    pub has_audit: bool,
    /// Whether telemetry is configured.
    pub has_telemetry: bool,
    /// The admin socket, if there is one.
    pub socket: Option<PathBuf>,
    /// The name of this process among several.
    pub instance: String,
    /// When it started.
    pub started_at: Timestamp,
}

/// `GET /config`, as MXCP answers it, and with whom users log in.
pub fn configuration(admin: &Admin) -> Value {
    let about = &admin.about;
    let offered = |kind: &str| {
        let offered = admin.endpoints.iter();
        offered
            .filter(|endpoint| endpoint.kind == kind && endpoint.error.is_none())
            .count()
    };
    json!({
        "status": "ok",
        "project": about.project,
        "profile": about.profile,
        "repository_path": about.root,
        "duckdb_path": about.database,
        "readonly": about.is_readonly,
        "debug": about.is_debug,
        "endpoints": {
            "tools": offered("tool"),
            "prompts": offered("prompt"),
            "resources": offered("resource"),
        },
        "features": {
            "sql_tools": about.has_sql_tools,
            "audit_logging": about.has_audit,
            "telemetry": about.has_telemetry,
        },
        "transport": about.transport,
        "auth_provider": about.provider,
    })
}
