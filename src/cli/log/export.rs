//! All matching records in a CSV file, for spreadsheets. Nested values are JSON.

use std::io;
use std::path::Path;

use mxcp_actors::domain::audit_event::AuditRecord;
use serde_json::{Map, Value};

use crate::app::audit_export::{COLUMNS, ExportError, private_file};

/// Writes the records and answers how many there were. An existing file is replaced.
pub(super) fn csv(
    records: &mut impl Iterator<Item = AuditRecord>,
    path: &Path,
) -> Result<usize, ExportError> {
    let failed = |source: io::Error| ExportError::File {
        path: path.to_owned(),
        source,
    };
    let mut writer = csv::Writer::from_writer(private_file(path).map_err(failed)?);
    let names = COLUMNS.iter().map(|(name, _)| name);
    writer.write_record(names).map_err(|error| failed(error.into()))?;
    let mut count = 0;
    for record in records {
        let Value::Object(fields) = serde_json::to_value(&record)? else {
            continue;
        };
        let row = COLUMNS.iter().map(|(name, _)| cell(&fields, name));
        writer.write_record(row).map_err(|error| failed(error.into()))?;
        count += 1;
    }
    writer.flush().map_err(failed)?;
    Ok(count)
}

/// Text as [`no_formula`], nothing for null, JSON for the rest.
fn cell(fields: &Map<String, Value>, name: &str) -> String {
    match fields.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => no_formula(text),
        Some(other) => other.to_string(),
    }
}

/// The text, with an apostrophe in front where a spreadsheet would take it for a formula. Users choose their own names and
/// arguments, and a formula in the spreadsheet of whoever reads the audit log can send away what else stands there. JSON of
/// an object or a list cannot begin so, and what a number begins with is a number.
fn no_formula(text: &str) -> String {
    const BEGIN_FORMULAS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];
    match text.starts_with(BEGIN_FORMULAS) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}
