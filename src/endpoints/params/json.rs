//! Checked values as JSON: for policies, which compare, and for records, which must keep digits and hide secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::{Number, Value};

use super::rule::{Rule, RuleKind};
use crate::endpoints::number::ExactNumber;
use crate::endpoints::temporal;

/// What stands for a sensitive value in records.
const REDACTED: &str = "[REDACTED]";

/// A value with numbers as near as JSON readers keep them.
pub(super) fn value(value: &SqlValue) -> Value {
    write(value, None, &|number| Value::Number(nearest(number)))
}

/// A value for records. `rule` says what in it is sensitive.
pub(super) fn redacted(value: &SqlValue, rule: Option<&Rule>) -> Value {
    write(value, rule, &|number| {
        let written = nearest(number);
        let is_exact = ExactNumber::parse(&written.to_string()) == Some(number);
        match is_exact {
            true => Value::Number(written),
            false => Value::String(number.to_string()),
        }
    })
}

/// Integers of 64 bits are exact, everything else is binary floating point.
fn nearest(number: ExactNumber) -> Number {
    let whole = match number {
        ExactNumber::Integer(whole) => {
            let signed = i64::try_from(whole).map(Number::from);
            signed.or_else(|_| u64::try_from(whole).map(Number::from)).ok()
        }
        ExactNumber::Decimal { .. } | ExactNumber::Double(_) => None,
    };
    whole
        .or_else(|| Number::from_f64(number.approximate()))
        .unwrap_or_else(|| Number::from(0))
}

fn write(value: &SqlValue, rule: Option<&Rule>, number: &dyn Fn(ExactNumber) -> Value) -> Value {
    if rule.is_some_and(|rule| rule.sensitive) && *value != SqlValue::Null {
        return Value::from(REDACTED);
    }
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Boolean(value) => Value::Bool(*value),
        SqlValue::Text(text) => Value::String(text.clone()),
        SqlValue::Blob(bytes) => Value::String(BASE64.encode(bytes)),
        SqlValue::Date(days) => temporal::date_text(*days).into(),
        SqlValue::Time(micros) => temporal::time_text(*micros).into(),
        SqlValue::Timestamp(micros) => temporal::date_time_text(*micros).into(),
        SqlValue::DateTime(instant) => temporal::instant_text(instant.micros).into(),
        SqlValue::Duration(duration) => Value::String(duration.text.clone()),
        SqlValue::List(elements) => {
            let items = match rule.map(|rule| &rule.kind) {
                Some(RuleKind::List(list)) => list.items.as_deref(),
                _ => None,
            };
            elements
                .iter()
                .map(|element| write(element, items, number))
                .collect()
        }
        SqlValue::Struct(members) => {
            let members = members.iter().map(|(name, member)| {
                let value = write(member, rule.and_then(|rule| rule.of_member(name)), number);
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        SqlValue::Integer(_) | SqlValue::Double(_) | SqlValue::Decimal { .. } => {
            ExactNumber::of_sql(value).map_or(Value::Null, number)
        }
    }
}

impl Rule {
    fn of_member(&self, name: &str) -> Option<&Rule> {
        match &self.kind {
            RuleKind::Object(object) => {
                let property = object.properties.iter().find(|property| property.name == name);
                property.map(|property| &property.rule)
            }
            RuleKind::Text(_)
            | RuleKind::Number(_)
            | RuleKind::Integer(_)
            | RuleKind::Boolean
            | RuleKind::List(_) => None,
        }
    }
}
