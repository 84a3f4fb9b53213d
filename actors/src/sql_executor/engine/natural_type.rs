//! The types that values have by themselves, and what is common to several of them: for what a statement leaves open.

use super::bind::BindError;
use super::data_type::DataType;
use crate::sql_executor::value::SqlValue;

/// Digits of DuckDB's widest decimal.
pub(super) const MAX_DECIMAL_WIDTH: u8 = 38;

/// The type that a value has by itself.
fn natural_type(value: &SqlValue) -> Result<DataType, BindError> {
    Ok(match value {
        SqlValue::Null => DataType::Null,
        SqlValue::Boolean(_) => DataType::Boolean,
        SqlValue::Integer(number) if i64::try_from(*number).is_ok() => DataType::BigInt,
        SqlValue::Integer(_) => DataType::HugeInt,
        SqlValue::Double(_) => DataType::Double,
        SqlValue::Decimal { scale, .. } => DataType::Decimal {
            width: MAX_DECIMAL_WIDTH,
            scale: *scale,
        },
        SqlValue::Text(_) => DataType::Varchar,
        SqlValue::Blob(_) => DataType::Blob,
        SqlValue::Date(_) => DataType::Date,
        SqlValue::Time(_) => DataType::Time,
        SqlValue::Timestamp(_) => DataType::Timestamp,
        SqlValue::DateTime(_) => DataType::TimestampTz,
        SqlValue::Duration(_) => DataType::Interval,
        SqlValue::List(elements) => DataType::List(Box::new(common_type(elements)?)),
        SqlValue::Struct(members) if members.is_empty() => DataType::empty_map(),
        SqlValue::Struct(members) => DataType::Struct(natural_members(members, &[])?),
    })
}

/// The members that `declared` does not have, with the types that their values have by themselves.
pub(super) fn natural_members(
    members: &[(String, SqlValue)],
    declared: &[(String, DataType)],
) -> Result<Vec<(String, DataType)>, BindError> {
    let is_new = |name: &String| !declared.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let new = members.iter().filter(|(name, _)| is_new(name));
    new.map(|(name, value)| Ok((name.clone(), natural_type(value)?)))
        .collect()
}

/// The type that holds every element of a list.
pub(super) fn common_type(elements: &[SqlValue]) -> Result<DataType, BindError> {
    elements.iter().try_fold(DataType::Null, |common, element| {
        wider(common, natural_type(element)?)
    })
}

/// The type that holds values of both: `NULL` yields, numbers widen, lists and structs do so inside. Numbers, booleans and
/// texts together are texts, as DuckDB's own casts have it; what is beside a list or a struct is JSON.
fn wider(first: DataType, second: DataType) -> Result<DataType, BindError> {
    use DataType::{
        BigInt, Decimal, Double, HugeInt, Json, List, Map, Null, Struct, Timestamp, TimestampTz, Varchar,
    };
    Ok(match (first, second) {
        (Null, other) | (other, Null) => other,
        (BigInt, HugeInt) | (HugeInt, BigInt) => HugeInt,
        (Double, BigInt | HugeInt | Decimal { .. }) | (BigInt | HugeInt | Decimal { .. }, Double) => Double,
        (decimal @ Decimal { .. }, BigInt | HugeInt) | (BigInt | HugeInt, decimal @ Decimal { .. }) => {
            decimal
        }
        (Decimal { width, scale }, Decimal { scale: other, .. }) => Decimal {
            width,
            scale: scale.max(other),
        },
        (Timestamp, TimestampTz) | (TimestampTz, Timestamp) => TimestampTz,
        (Map(..), Struct(members)) | (Struct(members), Map(..)) => Struct(members),
        (List(first), List(second)) => List(Box::new(wider(*first, *second)?)),
        (Struct(first), Struct(second)) => Struct(wider_members(first, second)?),
        (first, second) if first == second => first,
        (first, second) if is_plain(&first) && is_plain(&second) => Varchar,
        (first, second) if is_json(&first) && is_json(&second) => Json,
        (first, second) => return Err(BindError::Mixed(first, second)),
    })
}

/// Whether it is the type of one of JSON's values that hold no others.
fn is_plain(data_type: &DataType) -> bool {
    use DataType::{BigInt, Boolean, Decimal, Double, HugeInt, Varchar};
    matches!(
        data_type,
        Boolean | BigInt | HugeInt | Double | Decimal { .. } | Varchar
    )
}

/// Whether JSON says all of it. It has no dates, times or bytes.
fn is_json(data_type: &DataType) -> bool {
    match data_type {
        // The only map among values is the empty one.
        DataType::Null | DataType::Json | DataType::Map(..) => true,
        DataType::List(element) => is_json(element),
        DataType::Struct(members) => members.iter().all(|(_, member)| is_json(member)),
        plain => is_plain(plain),
    }
}

/// Members by name: those of the first in their order, then what only the second has.
fn wider_members(
    first: Vec<(String, DataType)>,
    mut second: Vec<(String, DataType)>,
) -> Result<Vec<(String, DataType)>, BindError> {
    let mut merged = Vec::with_capacity(first.len());
    for (name, data_type) in first {
        let place = second.iter().position(|(other, _)| *other == name);
        let other = place.map_or(DataType::Null, |place| second.remove(place).1);
        merged.push((name, wider(data_type, other)?));
    }
    merged.append(&mut second);
    Ok(merged)
}
