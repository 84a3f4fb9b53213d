//! Tests of the YAML room through its public surface, by topic.

mod compose;
mod properties;
mod read;
mod resolve;

use super::{Item, Node, Problems, parse};

/// Parses text that is expected to be good.
fn good(text: &str) -> Node {
    let mut problems = Problems::new();
    let node = parse("test.yml", text.as_bytes(), &mut problems);
    assert_eq!(problems.to_string(), "");
    node.unwrap()
}

/// The value as JSON of text that is expected to be good.
fn json(text: &str) -> serde_json::Value {
    good(text).to_json().unwrap()
}

/// What is reported about bytes that are expected to be bad.
fn bad(bytes: impl AsRef<[u8]>) -> String {
    let mut problems = Problems::new();
    assert!(parse("test.yml", bytes.as_ref(), &mut problems).is_none());
    problems.to_string()
}

/// Reads a good text with a reader; answers the value and what was reported.
fn read<T>(text: &str, reader: impl FnOnce(Item<'_>) -> Option<T>) -> (Option<T>, String) {
    let node = good(text);
    let mut problems = Problems::new();
    let value = reader(Item::root(&node, &mut problems));
    (value, problems.to_string())
}
