//! The schema file beside the segments, by which MXCP's own tools know the records: one JSON object per line, the last
//! one of a name and version holds.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde_json::{Value, json};

use super::disk::append_to;
use crate::domain::audit_event::{SCHEMA_NAME, SCHEMA_VERSION};
use crate::domain::clock::Timestamp;

/// How long MXCP's `log-cleanup` keeps records of this schema, in days.
const RETENTION_DAYS: u32 = 90;
/// The fields that each record repeats in `business_context`.
const EXTRACTED: [&str; 4] = [
    "operation_type",
    "operation_name",
    "operation_status",
    "policy_decision",
];

/// Appends our schema, unless the file has it.
pub(super) fn register(path: &Path, now: Timestamp) -> io::Result<()> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    if content.split(|byte| *byte == b'\n').any(is_ours) {
        return Ok(());
    }
    let is_torn = content.last().is_some_and(|byte| *byte != b'\n');
    let mut line = if is_torn { b"\n".to_vec() } else { Vec::new() };
    line.extend_from_slice(schema(now).to_string().as_bytes());
    line.push(b'\n');
    append_to(path, &line)
}

fn is_ours(line: &[u8]) -> bool {
    let schema: Value = serde_json::from_slice(line).unwrap_or_default();
    schema.get("schema_name").is_some_and(|name| name == SCHEMA_NAME)
        && schema
            .get("version")
            .is_some_and(|version| version == SCHEMA_VERSION)
}

fn schema(now: Timestamp) -> Value {
    let field = |(name, kind, required): (&str, &str, bool)| json!({ "name": name, "type": kind, "required": required, "description": null, "sensitive": false });
    let fields = [
        ("operation_type", "string", true),
        ("operation_name", "string", true),
        ("operation_status", "string", true),
        ("input_data", "object", true),
        ("output_data", "object", false),
        ("error", "string", false),
        ("policy_decision", "string", false),
        ("policy_reason", "string", false),
        ("execution_events", "array", false),
    ];
    json!({
        "schema_name": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "description": "Calls of tools, resources and prompts, and events of authentication",
        "retention_days": RETENTION_DAYS,
        "evidence_level": "detailed",
        "extract_fields": EXTRACTED,
        "require_signature": false,
        // With an offset in digits: the reader in older versions of Python does not know `Z`.
        "created_at": now.to_string().replace('Z', "+00:00"),
        "created_by": "mxcp-actor",
        "active": true,
        "indexes": [],
        "fields": fields.map(field),
        "field_redactions": [],
    })
}
