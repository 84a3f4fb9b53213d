//! DuckDB's vectors to JSON text, without a row model in between.
//!
//! Every type has one JSON form (`docs/reference/types.md`): numbers keep all their digits, dates are ISO 8601, what JSON cannot
//! say (`NaN`, infinities) is `null`, and the text is always valid JSON. Which columns go out, and what happens at a
//! limit, is decided by the caller: this room only writes values.

mod temporal;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::data_type::{DataType, is_nameless};
use super::ffi::{StringValue, Vector, VectorData, signed, unsigned};

/// A value that has no JSON form, found while encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A type without a JSON form.
    #[error("a value of type {0} has no JSON form; cast it in the statement, for example to VARCHAR")]
    Unsupported(String),
    /// A date or timestamp beyond the years that ISO 8601 writes with four digits is written with a sign; one that is
    /// infinite cannot be written.
    #[error("an infinite {0} has no JSON form")]
    Infinite(DataType),
    /// More JSON than the caller takes, found while the value is written: one row may hold a list without end.
    #[error("the value is larger than the result may be")]
    TooLarge,
}

/// Refuses a column type that `write_value` could not write, before the first row is read.
pub fn check(data_type: &DataType) -> Result<(), EncodeError> {
    match data_type {
        DataType::Unsupported(name) => Err(EncodeError::Unsupported((*name).to_owned())),
        // The state of an aggregate, a type as a value: DuckDB's own, without a number in its C API.
        DataType::Unresolved => Err(EncodeError::Unsupported("unknown".to_owned())),
        DataType::List(child) | DataType::Array(child, _) => check(child),
        DataType::Map(key, value) => check(key).and_then(|()| check(value)),
        DataType::Struct(members) | DataType::Union(members) => {
            members.iter().try_for_each(|(_, member)| check(member))
        }
        _ => Ok(()),
    }
}

/// Appends the value at `row` as JSON. Gives up when `out` has grown beyond `most` bytes.
pub(crate) fn write_value(
    out: &mut Vec<u8>,
    data_type: &DataType,
    vector: &Vector<'_>,
    row: usize,
    most: usize,
) -> Result<(), EncodeError> {
    if out.len() > most {
        return Err(EncodeError::TooLarge);
    }
    if vector.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match (data_type, vector.data()) {
        (DataType::Boolean, VectorData::U8(values)) => {
            write_boolean(out, at(values, row).is_some_and(|value| value != 0));
        }
        (DataType::Decimal { scale, .. }, data) => write_decimal(out, integer(data, row), *scale),
        (DataType::Enum(words), data) => write_word(out, words, integer(data, row)),
        (DataType::Float, VectorData::F32(values)) => write_float(out, at(values, row)),
        (DataType::Double, VectorData::F64(values)) => write_float(out, at(values, row)),
        (DataType::Varchar, VectorData::Text(values)) => {
            write_text(out, bytes_at(values, row, most)?);
        }
        (DataType::Json, VectorData::Text(values)) => {
            write_json(out, bytes_at(values, row, most)?);
        }
        (DataType::Blob, VectorData::Text(values)) => {
            write_blob(out, bytes_at(values, row, most)?);
        }
        (DataType::Bit, VectorData::Text(values)) => {
            write_bits(out, bytes_at(values, row, most)?);
        }
        (DataType::Uuid, VectorData::Huge(values)) => write_uuid(out, at(values, row).map_or(0, signed)),
        (
            DataType::List(child),
            VectorData::List {
                entries,
                child: elements,
            },
        ) => {
            let range = entry_range(entries.get(row));
            write_elements(out, child, elements, range, most)?;
        }
        (
            DataType::Array(child, _),
            VectorData::Array {
                size,
                child: elements,
            },
        ) => {
            write_elements(out, child, elements, row * size..(row + 1) * size, most)?;
        }
        (DataType::Map(key, value), VectorData::List { entries, child }) => {
            write_map(out, (key, value), child, entry_range(entries.get(row)), most)?;
        }
        (DataType::Struct(members), VectorData::Struct(vectors)) => {
            write_struct(out, members, vectors, row, most)?;
        }
        (DataType::Union(members), VectorData::Struct(vectors)) => {
            write_union(out, members, vectors, row, most)?;
        }
        (DataType::Interval, VectorData::Interval(values)) => {
            quoted(out, |out| temporal::write_interval(out, at(values, row)));
        }
        (
            DataType::Date
            | DataType::Time
            | DataType::TimeNs
            | DataType::TimeTz
            | DataType::TimestampS
            | DataType::TimestampMs
            | DataType::Timestamp
            | DataType::TimestampNs
            | DataType::TimestampTz,
            data,
        ) => temporal::write(out, data_type, integer(data, row))?,
        (DataType::Null, _) => out.extend_from_slice(b"null"),
        (DataType::UHugeInt, VectorData::UHuge(values)) => {
            write_display(out, at(values, row).map_or(0, unsigned));
        }
        (_, VectorData::Opaque) => return Err(EncodeError::Unsupported(data_type.to_string())),
        (_, data) => write_display(out, integer(data, row)),
    }
    Ok(())
}

fn at<T: Copy>(values: &[T], row: usize) -> Option<T> {
    values.get(row).copied()
}

/// The bytes of a text, unless they alone are more than may go out: no form of them is shorter.
fn bytes_at(values: &[StringValue], row: usize, most: usize) -> Result<&[u8], EncodeError> {
    let bytes = values.get(row).map_or(&[][..], StringValue::bytes);
    match bytes.len() > most {
        true => Err(EncodeError::TooLarge),
        false => Ok(bytes),
    }
}

/// Any stored integer, widened.
fn integer(data: &VectorData<'_>, row: usize) -> i128 {
    let value = match data {
        VectorData::I8(values) => at(values, row).map(i128::from),
        VectorData::I16(values) => at(values, row).map(i128::from),
        VectorData::I32(values) => at(values, row).map(i128::from),
        VectorData::I64(values) => at(values, row).map(i128::from),
        VectorData::U8(values) => at(values, row).map(i128::from),
        VectorData::U16(values) => at(values, row).map(i128::from),
        VectorData::U32(values) => at(values, row).map(i128::from),
        VectorData::U64(values) => at(values, row).map(i128::from),
        VectorData::Huge(values) => at(values, row).map(signed),
        _ => None,
    };
    value.unwrap_or_default()
}

fn entry_range(entry: Option<&duckdb::ffi::duckdb_list_entry>) -> std::ops::Range<usize> {
    let (offset, length) = entry.map_or((0, 0), |entry| (entry.offset, entry.length));
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    start..start.saturating_add(usize::try_from(length).unwrap_or(0))
}

fn write_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing into memory cannot fail.
    drop(write!(out, "{value}"));
}

fn write_boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// The shortest digits that read back as the same number; `null` for what JSON cannot say.
fn write_float<T: Into<f64> + ryu::Float>(out: &mut Vec<u8>, value: Option<T>) {
    match value {
        Some(number) if number.into().is_finite() => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
        }
        _ => out.extend_from_slice(b"null"),
    }
}

/// All digits of the scale, also trailing zeros: `1.10` stays `1.10`.
fn write_decimal(out: &mut Vec<u8>, unscaled: i128, scale: u8) {
    let scale = usize::from(scale);
    if unscaled < 0 {
        out.push(b'-');
    }
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

fn write_word(out: &mut Vec<u8>, words: &[String], index: i128) {
    let word = usize::try_from(index).ok().and_then(|index| words.get(index));
    write_text(out, word.map_or(&[], |word| word.as_bytes()));
}

/// A JSON string. DuckDB's text is UTF-8; should a byte not be, it becomes U+FFFD rather than invalid JSON.
pub(crate) fn write_text(out: &mut Vec<u8>, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Serialising a string into memory cannot fail.
    drop(serde_json::to_writer(out, text.as_ref()));
}

/// JSON goes out as JSON. DuckDB's check lets `NaN` and `Infinity` pass, so what strict JSON would refuse goes out as
/// a string.
fn write_json(out: &mut Vec<u8>, bytes: &[u8]) {
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => out.extend_from_slice(bytes.trim_ascii()),
        Err(_) => write_text(out, bytes),
    }
}

fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    quoted(out, |out| out.extend_from_slice(BASE64.encode(bytes).as_bytes()));
}

/// The first byte says how many bits of the second one are padding.
fn write_bits(out: &mut Vec<u8>, bytes: &[u8]) {
    let padding = bytes.first().copied().map_or(0, usize::from);
    quoted(out, |out| {
        let bits = bytes
            .iter()
            .skip(1)
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        out.extend(bits.skip(padding).map(|bit| b'0' + bit));
    });
}

/// DuckDB flips the first bit, so that UUIDs sort as text does.
#[expect(clippy::cast_sign_loss, reason = "the bits of the UUID, not a number")]
fn write_uuid(out: &mut Vec<u8>, stored: i128) {
    let digits = format!("{:032x}", (stored as u128) ^ (1 << 127));
    quoted(out, |out| {
        for (index, digit) in digits.bytes().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                out.push(b'-');
            }
            out.push(digit);
        }
    });
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn write_elements(
    out: &mut Vec<u8>,
    data_type: &DataType,
    elements: &Vector<'_>,
    range: std::ops::Range<usize>,
    most: usize,
) -> Result<(), EncodeError> {
    out.push(b'[');
    let first = range.start;
    for index in range {
        if index > first {
            out.push(b',');
        }
        write_value(out, data_type, elements, index, most)?;
    }
    out.push(b']');
    Ok(())
}

/// A struct is an object. One without names (`row(1, 2)`) is an array, since equal keys would leave one value of it.
fn write_struct(
    out: &mut Vec<u8>,
    members: &[(String, DataType)],
    vectors: &[Vector<'_>],
    row: usize,
    most: usize,
) -> Result<(), EncodeError> {
    let has_names = !is_nameless(members);
    out.push(if has_names { b'{' } else { b'[' });
    for (index, ((name, data_type), vector)) in members.iter().zip(vectors).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if has_names {
            write_text(out, name.as_bytes());
            out.push(b':');
        }
        write_value(out, data_type, vector, row, most)?;
    }
    out.push(if has_names { b'}' } else { b']' });
    Ok(())
}

/// A map is an object. A key that is no text is written as the text of its JSON form.
fn write_map(
    out: &mut Vec<u8>,
    (key, value): (&DataType, &DataType),
    entries: &Vector<'_>,
    range: std::ops::Range<usize>,
    most: usize,
) -> Result<(), EncodeError> {
    let VectorData::Struct(members) = entries.data() else {
        return Err(EncodeError::Unsupported("MAP".to_owned()));
    };
    let [keys, values] = members.as_slice() else {
        return Err(EncodeError::Unsupported("MAP".to_owned()));
    };
    out.push(b'{');
    let first = range.start;
    for index in range {
        if index > first {
            out.push(b',');
        }
        write_key(out, key, keys, index, most)?;
        out.push(b':');
        write_value(out, value, values, index, most)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_key(
    out: &mut Vec<u8>,
    data_type: &DataType,
    keys: &Vector<'_>,
    row: usize,
    most: usize,
) -> Result<(), EncodeError> {
    let mut key = Vec::new();
    write_value(&mut key, data_type, keys, row, most)?;
    match key.first() {
        Some(b'"') => out.extend_from_slice(&key),
        _ => write_text(out, &key),
    }
    Ok(())
}

/// A union is the value that it holds.
fn write_union(
    out: &mut Vec<u8>,
    members: &[(String, DataType)],
    vectors: &[Vector<'_>],
    row: usize,
    most: usize,
) -> Result<(), EncodeError> {
    let tag = vectors.first().map_or(0, |tags| integer(tags.data(), row));
    let index = usize::try_from(tag).unwrap_or(usize::MAX);
    match (members.get(index), vectors.get(index.saturating_add(1))) {
        (Some((_, data_type)), Some(vector)) => write_value(out, data_type, vector, row, most),
        _ => Err(EncodeError::Unsupported("UNION".to_owned())),
    }
}
