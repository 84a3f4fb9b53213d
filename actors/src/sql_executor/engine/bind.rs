//! Argument values to DuckDB values of the type that the statement expects.
//!
//! The statement decides the type, not the value: a value that arrives in the expected type lets DuckDB keep its plan,
//! one of another type makes it bind and plan again at every run. Nothing is rounded or cut on the way; what does not
//! fit is refused.

use super::data_type::DataType;
use super::ffi::{DuckdbError, Value};
use super::natural_type::{MAX_DECIMAL_WIDTH, common_type, natural_members};
use super::written;
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
    /// A list whose elements no type of SQL holds together.
    #[error("a list cannot hold both {0} and {1}")]
    Mixed(DataType, DataType),
    /// DuckDB cannot build the value.
    #[error("{0}")]
    Duckdb(#[from] DuckdbError),
}

/// Who says what type a value is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chooser {
    /// The statement: a text for a `JSON` is one that holds JSON.
    Statement,
    /// The values themselves, of which `JSON` is the common type: a text is a string among them.
    Values,
}

/// Converts `value` to `expected`, or to its natural type where the statement leaves the type open.
pub(crate) fn convert(value: &SqlValue, expected: Option<&DataType>) -> Result<Value, BindError> {
    convert_for(Chooser::Statement, value, expected)
}

/// A number in the type that the statement asks for if it has a place there as it is, and as a floating-point number if not:
/// DuckDB then binds the statement anew and compares with that.
pub(crate) fn exact_or_nearest(value: &SqlValue, expected: Option<&DataType>) -> Result<Value, BindError> {
    let (unscaled, scale) = match value {
        SqlValue::Integer(number) => (*number, 0),
        SqlValue::Decimal { unscaled, scale } => (*unscaled, *scale),
        _ => return convert(value, None),
    };
    let exact = expected.and_then(|expected| match expected {
        DataType::Decimal { width, scale: wanted } => {
            let factor = 10_i128.checked_pow(u32::from(wanted.checked_sub(scale)?))?;
            Value::decimal(unscaled.checked_mul(factor)?, *width, *wanted).ok()
        }
        expected if scale == 0 => integer(unscaled, expected).ok(),
        _ => None,
    });
    Ok(exact.unwrap_or_else(|| Value::double(nearest(unscaled, scale))))
}

fn convert_for(chooser: Chooser, value: &SqlValue, expected: Option<&DataType>) -> Result<Value, BindError> {
    if let Some(text) = as_text(chooser, value, expected) {
        return Ok(Value::text(&text));
    }
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
        (SqlValue::Timestamp(micros), _) => Ok(Value::timestamp(*micros)),
        // An instant where a clock's reading is expected: as a clock in UTC shows it.
        (SqlValue::DateTime(instant), Some(DataType::Timestamp)) => Ok(Value::timestamp(instant.micros)),
        (SqlValue::DateTime(instant), _) => Ok(Value::timestamp_tz(instant.micros)),
        (SqlValue::Duration(duration), None | Some(DataType::Interval)) => {
            Ok(Value::interval(duration.months, duration.days, duration.micros))
        }
        (SqlValue::Duration(duration), Some(_)) => Ok(Value::text(&duration.text)),
        (SqlValue::List(elements), expected) => list(chooser, elements, expected),
        (SqlValue::Struct(members), expected) => structure(chooser, members, expected),
    }
}

/// The text that stands for a value where text or JSON is expected, unless DuckDB's own cast is what it takes.
fn as_text(chooser: Chooser, value: &SqlValue, expected: Option<&DataType>) -> Option<String> {
    let is_nested = matches!(value, SqlValue::List(_) | SqlValue::Struct(_));
    match expected? {
        DataType::Json if is_nested || chooser == Chooser::Values => written::json(value),
        DataType::Varchar if !is_nested => written::text(value),
        _ => None,
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

fn list(chooser: Chooser, elements: &[SqlValue], expected: Option<&DataType>) -> Result<Value, BindError> {
    let is_text = |value: &SqlValue| matches!(value, SqlValue::Null | SqlValue::Text(_));
    let (chooser, element) = match expected {
        // Beside what is no text, a text is a string, and not JSON to be read.
        Some(DataType::List(child)) if **child == DataType::Json && !elements.iter().all(is_text) => {
            (Chooser::Values, DataType::Json)
        }
        Some(DataType::List(child) | DataType::Array(child, _)) => (chooser, (**child).clone()),
        _ => (Chooser::Values, common_type(elements)?),
    };
    let values = elements
        .iter()
        .map(|value| convert_for(chooser, value, Some(&element)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::list(&element, &values)?)
}

/// The members of the expected type where there is one, `NULL` for those that the value does not have; members that it
/// does not know follow, for DuckDB to judge. Names are those of SQL, which do not tell `Name` from `name`.
fn structure(
    chooser: Chooser,
    members: &[(String, SqlValue)],
    expected: Option<&DataType>,
) -> Result<Value, BindError> {
    let described = match expected {
        Some(DataType::Struct(declared)) => {
            let mut described = declared.clone();
            described.append(&mut natural_members(members, declared)?);
            described
        }
        _ => natural_members(members, &[])?,
    };
    if described.is_empty() {
        return Ok(Value::empty_map()?);
    }
    let values = described
        .iter()
        .map(|(name, data_type)| match member_of(members, name) {
            Some(value) => convert_for(chooser, value, Some(data_type)),
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
