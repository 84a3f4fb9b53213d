//! `uniqueItems`: whether two elements of a list are equal.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use mxcp_actors::sql_executor::value::SqlValue;

use crate::endpoints::number::ExactNumber;

/// Whether no two values are equal; numbers count by what they mean: 1 equals 1.0, but not "1".
pub(super) fn are_distinct(values: &[SqlValue]) -> bool {
    let mut seen = HashSet::with_capacity(values.len());
    values.iter().all(|value| {
        let mut fingerprint = String::new();
        write_fingerprint(value, &mut fingerprint);
        seen.insert(fingerprint)
    })
}

/// Appends a text that is equal for equal values only: every part says how long it is or where it ends.
fn write_fingerprint(value: &SqlValue, out: &mut String) {
    match value {
        SqlValue::List(elements) => {
            out.push('[');
            for element in elements {
                write_fingerprint(element, out);
            }
            out.push(']');
        }
        SqlValue::Struct(members) => {
            let mut members: Vec<&(String, SqlValue)> = members.iter().collect();
            members.sort_by_key(|(name, _)| name);
            out.push('{');
            for (name, member) in members {
                write_text(name, out);
                write_fingerprint(member, out);
            }
            out.push('}');
        }
        SqlValue::Text(text) => write_text(text, out),
        other => match ExactNumber::of_sql(other) {
            Some(number) => match number.whole() {
                Some(whole) => write_part(out, format_args!("#{whole};")),
                None => write_part(
                    out,
                    format_args!("#{};", number.to_string().trim_end_matches('0')),
                ),
            },
            None => write_part(out, format_args!("{other:?};")),
        },
    }
}

fn write_text(text: &str, out: &mut String) {
    write_part(out, format_args!("{}:{text}", text.len()));
}

fn write_part(out: &mut String, part: fmt::Arguments<'_>) {
    // Writing into a `String` has no failure to report.
    let _ = out.write_fmt(part);
}
