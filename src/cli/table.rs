//! Rows as a table for people. Nothing is cut: who wants less asks for less.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::iter;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::console::one_line;

/// One row: its columns in the order of the statement, values as JSON.
struct Row<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A table of the rows in a JSON array of objects; `None` for any other JSON.
pub(super) fn of_rows(json: &RawValue) -> Option<String> {
    let rows: Vec<Row<'_>> = serde_json::from_str(json.get()).ok()?;
    let mut text = String::new();
    if let Some(first) = rows.first() {
        let header: Vec<String> = first.0.iter().map(|(name, _)| one_line(name)).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(cells_of).collect();
        let widths: Vec<usize> = (0..header.len())
            .map(|column| width(&header, &cells, column))
            .collect();
        line(&mut text, &header, &widths);
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        line(&mut text, &rule, &widths);
        for row in &cells {
            line(&mut text, row, &widths);
        }
    }
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    // Writing into a `String` has no failure to report.
    let _ = writeln!(text, "({} {noun})", rows.len());
    Some(text)
}

/// A table of texts with these columns. The last one may hold sentences, so its rule is no wider than its name.
pub(super) fn of_texts(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let last = header.len().saturating_sub(1);
    let width_of = |column| match column == last {
        true => width(&header, &[], column),
        false => width(&header, &cells, column),
    };
    let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
    let mut text = String::new();
    line(&mut text, &header, &widths);
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(&mut text, &rule, &widths);
    for row in &cells {
        line(&mut text, row, &widths);
    }
    text
}

fn cells_of(row: &Row<'_>) -> Vec<String> {
    row.0.iter().map(|(_, value)| cell(value)).collect()
}

/// A value for people: text without quotes, everything else as JSON writes it.
pub(super) fn cell(value: &RawValue) -> String {
    match value.get() {
        "null" => "NULL".to_owned(),
        json => match serde_json::from_str::<String>(json) {
            Ok(text) => one_line(&text),
            Err(_) => json.to_owned(),
        },
    }
}

fn width(header: &[String], rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows
        .iter()
        .filter_map(|row| row.get(column))
        .chain(header.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn line(text: &mut String, cells: &[String], widths: &[usize]) {
    let start = text.len();
    for (cell, width) in cells.iter().zip(widths) {
        text.push_str(cell);
        // Not by a format: its width ends at 65,535.
        text.extend(iter::repeat_n(
            ' ',
            width.saturating_sub(cell.chars().count()) + 2,
        ));
    }
    let end = text.get(start..).unwrap_or_default().trim_end().len();
    text.truncate(start + end);
    text.push('\n');
}

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, value));
        }
        Ok(Row(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> Option<String> {
        of_rows(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn columns_keep_their_order_and_numbers_their_digits() {
        let json = r#"[{"zeta":1.10,"a":"x\ny"},{"zeta":null,"a":["\u00e9",1]}]"#;
        let expected = "zeta  a\n----  ------------\n1.10  x y\nNULL  [\"\\u00e9\",1]\n(2 rows)\n";
        assert_eq!(table(json).as_deref(), Some(expected));
        assert_eq!(table("[]").as_deref(), Some("(0 rows)\n"));
    }

    #[test]
    fn sentences_in_the_last_column_widen_nothing() {
        let rows = [vec!["a".to_owned(), "a long\nsentence".to_owned()]];
        let text = of_texts(&["name", "what"], &rows);
        assert_eq!(text, "name  what\n----  ----\na     a long sentence\n");
    }

    #[test]
    fn a_value_may_have_any_width() {
        let long = "x".repeat(70_000);
        let text = table(&format!("[{{\"a\":\"{long}\",\"b\":1}},{{\"a\":\"\",\"b\":2}}]")).unwrap();
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(widths, [70_003, 70_003, 70_003, 70_003, 8]);
    }

    #[test]
    fn what_is_no_list_of_rows_is_no_table() {
        for json in ["1", "[1]", "{\"a\":1}", "\"x\""] {
            assert_eq!(table(json), None, "{json}");
        }
    }
}
