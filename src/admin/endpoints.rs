//! What is offered, file by file, and which files were left out and why.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Admin;

/// One definition file.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The file.
    pub path: PathBuf,
    /// `tool`, `resource` or `prompt`; empty if the file does not say.
    pub kind: &'static str,
    /// Its name or URI, as far as it can be told.
    pub name: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Why it was left out; `None` if it is offered.
    pub error: Option<String>,
}

/// `GET /endpoints`, as MXCP answers it. Files are read at start, so this is what is served and not what is on disk now;
/// definitions that are switched off are not listed.
pub fn endpoints(admin: &Admin) -> Value {
    let entries = admin.endpoints.iter().map(|endpoint| {
        let language = (endpoint.kind != "prompt").then_some("sql");
        json!({
            "path": endpoint.path,
            "type": endpoint.kind,
            "name": endpoint.name,
            "description": endpoint.description,
            "language": language,
            "enabled": true,
            "status": if endpoint.error.is_some() { "error" } else { "ok" },
            "error": endpoint.error,
        })
    });
    json!({ "endpoints": entries.collect::<Vec<_>>() })
}
