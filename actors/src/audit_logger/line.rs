//! A record as the line that goes into a segment: always one line, always JSON, never longer than allowed. Pure
//! functions.

mod shorten;

use serde::Serialize;
use serde_json::Serializer;

use super::one_line::{is_printable_ascii, must_be_escaped, push_escape};
use crate::domain::audit_event::AuditRecord;

pub(super) use shorten::{EncodedOutput, SMALLEST_RECORD};

/// A record, written.
pub(super) struct Line {
    /// JSON and a line feed.
    pub(super) bytes: Vec<u8>,
    /// Whether something was left out to stay within the limit.
    pub(super) is_shortened: bool,
}

/// Writes `record` in at most `max_bytes`, line feed included, which must be [`SMALLEST_RECORD`] or more. What is left
/// out is said in its place, with exact numbers.
pub(super) fn write_line(
    record: &mut AuditRecord,
    is_output_cut: bool,
    max_bytes: usize,
) -> Result<Line, serde_json::Error> {
    let mut bytes = to_json(record)?;
    let mut is_shortened = is_output_cut;
    if bytes.len() >= max_bytes {
        is_shortened = true;
        shorten::shorten_data(record, is_output_cut, max_bytes);
        bytes = to_json(record)?;
    }
    if bytes.len() >= max_bytes {
        bytes = to_json(&shorten::essential(record, max_bytes)?)?;
    }
    bytes.push(b'\n');
    Ok(Line { bytes, is_shortened })
}

/// A value as JSON in one line, in compact form, with an escape also for those characters that JSON lets stand and that
/// some reader takes for the end of a line or for an instruction.
pub(super) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(1_024);
    value.serialize(&mut Serializer::new(&mut bytes))?;
    if is_printable_ascii(&bytes) {
        return Ok(bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut escaped = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        // Outside of strings there is none of them. All are in the basic multilingual plane, so one escape suffices
        // (RFC 8259 section 7).
        match must_be_escaped(character) {
            true => push_escape(&mut escaped, character),
            false => escaped.push(character),
        }
    }
    Ok(escaped.into_bytes())
}
