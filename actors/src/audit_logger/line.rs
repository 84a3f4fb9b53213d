//! A record as the line that goes into a segment: always one line, always JSON, never longer than allowed. Pure
//! functions.

mod shorten;

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use super::one_line::{is_printable_ascii, must_be_escaped};
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

/// A value as JSON in one line.
pub(super) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(1_024);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, OneLine))?;
    Ok(bytes)
}

/// The compact form of `serde_json`, with an escape also for those characters that JSON lets stand and that some reader
/// takes for the end of a line or for an instruction.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_printable_ascii(fragment) {
            return CompactFormatter.write_string_fragment(writer, fragment);
        }
        let mut rest = fragment;
        while let Some((at, character)) = rest
            .char_indices()
            .find(|(_, character)| must_be_escaped(*character))
        {
            let (before, from) = rest.split_at(at);
            CompactFormatter.write_string_fragment(writer, before)?;
            // All of them are in the basic multilingual plane, so one escape suffices (RFC 8259 section 7).
            write!(writer, "\\u{:04x}", u32::from(character))?;
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}
