//! Values for SQL that declares no parameters: what they are is said by the statement, or by how they are written.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;

use super::given::{Given, elements};
use crate::endpoints::number::ExactNumber;
use crate::json::Members;

/// Arrays and objects inside each other beyond this depth are refused.
const MAXIMUM_DEPTH: usize = 64;

/// A text on its way to a parameter of this type. What is no number where one is expected stays text, and DuckDB says so.
pub fn of_text(text: &str, expected: Option<&DataType>) -> SqlValue {
    let is_number = matches!(
        expected,
        Some(
            DataType::TinyInt
                | DataType::SmallInt
                | DataType::Integer
                | DataType::BigInt
                | DataType::HugeInt
                | DataType::UTinyInt
                | DataType::USmallInt
                | DataType::UInteger
                | DataType::UBigInt
                | DataType::UHugeInt
                | DataType::Float
                | DataType::Double
                | DataType::Decimal { .. }
        )
    );
    let number = ExactNumber::parse(text).filter(|_| is_number);
    number.map_or_else(|| SqlValue::from(text), ExactNumber::into_sql)
}

/// A JSON value as the nearest kind of SQL value. `None` for texts that are no Unicode, and for what is nested too deep.
pub fn of_json(json: &RawValue) -> Option<SqlValue> {
    nested(json, MAXIMUM_DEPTH)
}

fn nested(json: &RawValue, depth: usize) -> Option<SqlValue> {
    let depth = depth.checked_sub(1)?;
    Some(match Given::of(json)? {
        Given::Null => SqlValue::Null,
        Given::Boolean(value) => SqlValue::Boolean(value),
        Given::Number(text) => ExactNumber::parse(text)?.into_sql(),
        Given::Text(text) => SqlValue::Text(text.into_owned()),
        Given::List(list) => {
            let values = elements(list)?.into_iter().map(|element| nested(element, depth));
            SqlValue::List(values.collect::<Option<_>>()?)
        }
        Given::Object(object) => {
            let members = Members::of(object)?.0.into_iter();
            let members = members.map(|(name, value)| Some((name.into_owned(), nested(value, depth)?)));
            SqlValue::Struct(members.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<SqlValue> {
        of_json(&RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn the_statement_says_what_a_text_is() {
        for (text, expected, value) in [
            ("5", None, SqlValue::from("5")),
            ("5", Some(DataType::Varchar), SqlValue::from("5")),
            ("5", Some(DataType::BigInt), SqlValue::Integer(5)),
            ("five", Some(DataType::BigInt), SqlValue::from("five")),
            (
                "1.10",
                Some(DataType::Decimal { width: 5, scale: 2 }),
                ExactNumber::parse("1.10").unwrap().into_sql(),
            ),
        ] {
            assert_eq!(of_text(text, expected.as_ref()), value, "{text} {expected:?}");
        }
    }

    #[test]
    fn json_says_itself_what_it_is() {
        assert_eq!(json("null"), Some(SqlValue::Null));
        assert_eq!(
            json("9007199254740993"),
            Some(SqlValue::Integer(9_007_199_254_740_993))
        );
        assert_eq!(
            json(r#"[{"a": true, "b": "x"}]"#),
            Some(SqlValue::List(vec![SqlValue::Struct(vec![
                ("a".to_owned(), SqlValue::Boolean(true)),
                ("b".to_owned(), SqlValue::from("x")),
            ])]))
        );
        assert_eq!(json(&format!("{}{}", "[".repeat(65), "]".repeat(65))), None);
        assert_eq!(json(r#""\ud800""#), None);
    }
}
