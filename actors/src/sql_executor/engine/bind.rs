//! Argument values to DuckDB values of the type that the statement expects.
//!
//! The statement decides the type, not the value: a value that arrives in the expected type lets DuckDB keep its plan,
//! one of another type makes it bind and plan again at every run. Nothing is rounded or cut on the way; what does not
//! fit is refused.

use super::data_type::DataType;
use super::ffi::{DuckdbError, Value};
use crate::sql_executor::value::SqlValue;

/// Why a value cannot be bound.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BindError {
    /// A number outside the type's range.
    #[error("{value} is out of range for {expected}")]
    OutOfRange {
        /// The number.
        value: String,
        /// The type.
        expected: DataType,
    },
    /// A list whose elements have nothing in common: SQL would turn some of them into something else.
    #[error("a list cannot hold both {0} and {1}")]
    Mixed(DataType, DataType),
    /// DuckDB cannot build the value.
    #[error("{0}")]
    Duckdb(#[from] DuckdbError),
}

/// Digits of DuckDB's widest decimal.
const MAX_DECIMAL_WIDTH: u8 = 38;

/// Converts `value` to `expected`, or to its natural type where the statement leaves the type open.
pub(crate) fn convert(value: &SqlValue, expected: Option<&DataType>) -> Result<Value, BindError> {
    match (value, expected) {
        (SqlValue::Null, _) => Ok(Value::null()),
        (SqlValue::Integer(number), Some(expected)) => integer(*number, expected),
        (SqlValue::Integer(number), None) => Ok(natural_integer(*number)),
        (SqlValue::Double(number), Some(DataType::Decimal { width, scale })) => {
            // DuckDB casts text to a decimal exactly; the shortest digits of the number are what the caller wrote.
            decimal_from_text(&number.to_string(), *width, *scale)
        }
        (SqlValue::Double(number), _) => Ok(Value::double(*number)),
        (SqlValue::Decimal { unscaled, scale }, Some(DataType::Double | DataType::Float)) => {
            Ok(Value::double(nearest(*unscaled, *scale)))
        }
        (SqlValue::Decimal { unscaled, scale }, _) => {
            Ok(Value::decimal(*unscaled, MAX_DECIMAL_WIDTH, *scale)?)
        }
        (SqlValue::Boolean(value), _) => Ok(Value::boolean(*value)),
        (SqlValue::Text(text), _) => Ok(Value::text(text)),
        (SqlValue::Blob(bytes), _) => Ok(Value::blob(bytes)),
        (SqlValue::Date(days), _) => Ok(Value::date(*days)),
        (SqlValue::Time(micros), _) => Ok(Value::time(*micros)?),
        // An instant where a clock's reading is expected: as a clock in UTC shows it.
        (SqlValue::Timestamp(micros), _) | (SqlValue::TimestampTz(micros), Some(DataType::Timestamp)) => {
            Ok(Value::timestamp(*micros))
        }
        (SqlValue::TimestampTz(micros), _) => Ok(Value::timestamp_tz(*micros)),
        (SqlValue::List(elements), expected) => list(elements, expected),
        (SqlValue::Struct(members), expected) => structure(members, expected),
    }
}

fn integer(number: i128, expected: &DataType) -> Result<Value, BindError> {
    let out_of_range = || BindError::OutOfRange {
        value: number.to_string(),
        expected: expected.clone(),
    };
    let value = match expected {
        DataType::TinyInt => i8::try_from(number).map(Value::tiny_int),
        DataType::SmallInt => i16::try_from(number).map(Value::small_int),
        DataType::Integer => i32::try_from(number).map(Value::integer),
        DataType::BigInt => i64::try_from(number).map(Value::big_int),
        DataType::UTinyInt => u8::try_from(number).map(Value::unsigned_tiny_int),
        DataType::USmallInt => u16::try_from(number).map(Value::unsigned_small_int),
        DataType::UInteger => u32::try_from(number).map(Value::unsigned_integer),
        DataType::UBigInt => u64::try_from(number).map(Value::unsigned_big_int),
        DataType::HugeInt => Ok(Value::huge_int(number)),
        DataType::Float | DataType::Double => Ok(Value::double(nearest(number, 0))),
        DataType::Varchar => Ok(Value::text(&number.to_string())),
        DataType::Decimal { width, scale } => return decimal_from_text(&number.to_string(), *width, *scale),
        _ => return Ok(natural_integer(number)),
    };
    value.map_err(|_| out_of_range())
}

/// The smallest of `INTEGER`, `BIGINT` and `HUGEINT`: DuckDB widens without being asked, but it never narrows, and
/// `DATE + n` or `round(x, n)` take an `INTEGER` only.
fn natural_integer(number: i128) -> Value {
    match (i32::try_from(number), i64::try_from(number)) {
        (Ok(small), _) => Value::integer(small),
        (_, Ok(number)) => Value::big_int(number),
        _ => Value::huge_int(number),
    }
}

/// The floating-point number nearest to a decimal, rounded once: through its digits.
fn nearest(unscaled: i128, scale: u8) -> f64 {
    format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// An exact decimal of the given type from plain decimal digits.
fn decimal_from_text(text: &str, width: u8, scale: u8) -> Result<Value, BindError> {
    let out_of_range = || BindError::OutOfRange {
        value: text.to_owned(),
        expected: DataType::Decimal { width, scale },
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > usize::from(scale) {
        // More digits than the type keeps: let DuckDB round as it would in the statement.
        return Ok(Value::text(text));
    }
    let digits = format!("{whole}{fraction:0<width$}", width = usize::from(scale));
    let unscaled: i128 = digits.parse().map_err(|_| out_of_range())?;
    Value::decimal(unscaled, width, scale).map_err(|_| out_of_range())
}

fn list(elements: &[SqlValue], expected: Option<&DataType>) -> Result<Value, BindError> {
    let element = match expected {
        Some(DataType::List(child) | DataType::Array(child, _)) => (**child).clone(),
        _ => common_type(elements)?,
    };
    let values = elements
        .iter()
        .map(|value| convert(value, Some(&element)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::list(&element, &values)?)
}

/// The members of the expected type where there is one, `NULL` for those that the value does not have; members that it
/// does not know follow, for DuckDB to judge. Names are those of SQL, which do not tell `Name` from `name`.
fn structure(members: &[(String, SqlValue)], expected: Option<&DataType>) -> Result<Value, BindError> {
    let described = match expected {
        Some(DataType::Struct(declared)) => {
            let mut described = declared.clone();
            described.append(&mut natural_members(members, declared)?);
            described
        }
        _ => natural_members(members, &[])?,
    };
    let values = described
        .iter()
        .map(|(name, data_type)| match member_of(members, name) {
            Some(value) => convert(value, Some(data_type)),
            None => Ok(Value::null()),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::structure(&described, &values)?)
}

/// The value of a member: of the one with just this name, or with this name in other letters.
fn member_of<'value>(members: &'value [(String, SqlValue)], name: &str) -> Option<&'value SqlValue> {
    let same = members.iter().find(|(member, _)| member == name);
    let similar = || {
        members
            .iter()
            .find(|(member, _)| member.eq_ignore_ascii_case(name))
    };
    same.or_else(similar).map(|(_, value)| value)
}

/// The members that `declared` does not have, with the types that their values have by themselves.
fn natural_members(
    members: &[(String, SqlValue)],
    declared: &[(String, DataType)],
) -> Result<Vec<(String, DataType)>, BindError> {
    let is_new = |name: &String| !declared.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let new = members.iter().filter(|(name, _)| is_new(name));
    new.map(|(name, value)| Ok((name.clone(), natural_type(value)?)))
        .collect()
}

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
        SqlValue::TimestampTz(_) => DataType::TimestampTz,
        SqlValue::List(elements) => DataType::List(Box::new(common_type(elements)?)),
        SqlValue::Struct(members) => DataType::Struct(natural_members(members, &[])?),
    })
}

/// The type that holds every element of a list.
fn common_type(elements: &[SqlValue]) -> Result<DataType, BindError> {
    elements.iter().try_fold(DataType::Null, |common, element| {
        wider(common, natural_type(element)?)
    })
}

/// The type that holds values of both: `NULL` yields, numbers widen, lists and structs do so inside.
fn wider(first: DataType, second: DataType) -> Result<DataType, BindError> {
    use DataType::{BigInt, Decimal, Double, HugeInt, List, Null, Struct, Timestamp, TimestampTz};
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
        (List(first), List(second)) => List(Box::new(wider(*first, *second)?)),
        (Struct(first), Struct(second)) => Struct(wider_members(first, second)?),
        (first, second) if first == second => first,
        (first, second) => return Err(BindError::Mixed(first, second)),
    })
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
