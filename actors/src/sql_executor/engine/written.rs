//! Values as text and as JSON, with every digit. How dates and times are written is DuckDB's to say.

use serde_json::Value;

use super::ffi;
use crate::sql_executor::value::SqlValue;

/// A number, boolean or text as its text, a date and time or a duration as it was sent; `None` for everything else.
pub(super) fn text(value: &SqlValue) -> Option<String> {
    match value {
        SqlValue::Boolean(value) => Some(value.to_string()),
        SqlValue::Integer(number) => Some(number.to_string()),
        SqlValue::Double(number) => Some(format!("{number:?}")),
        SqlValue::Decimal { unscaled, scale } => Some(decimal(*unscaled, usize::from(*scale))),
        SqlValue::Text(text) => Some(text.clone()),
        SqlValue::DateTime(instant) => Some(instant.text.clone()),
        SqlValue::Duration(duration) => Some(duration.text.clone()),
        SqlValue::Null
        | SqlValue::Blob(_)
        | SqlValue::Date(_)
        | SqlValue::Time(_)
        | SqlValue::Timestamp(_)
        | SqlValue::List(_)
        | SqlValue::Struct(_) => None,
    }
}

/// A value as JSON; `None` for `NULL`, which is one in SQL too, and for what holds bytes, or a number that is none in JSON.
pub(super) fn json(value: &SqlValue) -> Option<String> {
    match value {
        SqlValue::Null => None,
        value => {
            let mut out = String::new();
            write(value, &mut out)?;
            Some(out)
        }
    }
}

fn write(value: &SqlValue, out: &mut String) -> Option<()> {
    match value {
        SqlValue::Null => out.push_str("null"),
        SqlValue::Text(text) => write_text(text, out),
        SqlValue::DateTime(instant) => write_text(&instant.text, out),
        SqlValue::Duration(duration) => write_text(&duration.text, out),
        SqlValue::Date(days) => write_text(&ffi::Value::date(*days).as_text(), out),
        SqlValue::Time(micros) => write_text(&ffi::Value::time(*micros).ok()?.as_text(), out),
        SqlValue::Timestamp(micros) => write_text(&ffi::Value::timestamp(*micros).as_text(), out),
        SqlValue::Double(number) if !number.is_finite() => return None,
        SqlValue::List(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                separate(index, out);
                write(element, out)?;
            }
            out.push(']');
        }
        SqlValue::Struct(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                separate(index, out);
                write_text(name, out);
                out.push(':');
                write(member, out)?;
            }
            out.push('}');
        }
        plain => out.push_str(&text(plain)?),
    }
    Some(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// All digits of a decimal, with at least one before the point.
fn decimal(unscaled: i128, scale: usize) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(unscaled: i128, scale: u8) -> SqlValue {
        SqlValue::Decimal { unscaled, scale }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (value, expected) in [
            (
                SqlValue::Integer(i128::MIN),
                "-170141183460469231731687303715884105728",
            ),
            (number(150, 2), "1.50"),
            (number(-5, 3), "-0.005"),
            (number(7, 0), "7"),
            (SqlValue::Double(1e300), "1e300"),
            (SqlValue::Boolean(true), "true"),
        ] {
            assert_eq!(text(&value).as_deref(), Some(expected));
            assert_eq!(json(&value).as_deref(), Some(expected));
        }
    }

    #[test]
    fn dates_and_times_are_texts_in_json() {
        let values = SqlValue::List(vec![
            SqlValue::Date(1),
            SqlValue::Time(1_500_000),
            SqlValue::Timestamp(0),
        ]);
        let expected = r#"["1970-01-02","00:00:01.5","1970-01-01 00:00:00"]"#;
        assert_eq!(json(&values).as_deref(), Some(expected));
    }

    #[test]
    fn what_json_does_not_have_is_not_written() {
        for value in [SqlValue::Blob(vec![1]), SqlValue::Double(f64::NAN)] {
            assert_eq!(json(&value), None);
            assert_eq!(json(&SqlValue::List(vec![1.into(), value])), None);
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        plain.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn as_sql(value: &Value) -> SqlValue {
        match value {
            Value::Null => SqlValue::Null,
            Value::Bool(value) => SqlValue::Boolean(*value),
            Value::Number(number) => SqlValue::Integer(number.as_i64().unwrap().into()),
            Value::String(text) => text.as_str().into(),
            Value::Array(elements) => SqlValue::List(elements.iter().map(as_sql).collect()),
            Value::Object(members) => {
                let members = members.iter();
                SqlValue::Struct(
                    members
                        .map(|(name, value)| (name.clone(), as_sql(value)))
                        .collect(),
                )
            }
        }
    }

    proptest! {
        #[test]
        fn json_says_what_the_value_says(value in values().prop_filter("not null", |value| !value.is_null())) {
            let written = json(&as_sql(&value)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
    }
}
