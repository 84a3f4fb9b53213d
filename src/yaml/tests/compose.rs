//! Structure: documents, encodings, anchors, merge keys, bounds, and the messages about them.

use serde_json::json;

use super::{bad, good, json};
use crate::yaml::{MAXIMUM_DEPTH, Position};

#[test]
fn an_empty_file_is_null() {
    for text in ["", "\n", "# nothing\n", "---\n", "\u{FEFF}"] {
        assert_eq!(json(text), json!(null), "{text:?}");
    }
}

#[test]
fn every_encoding_with_a_byte_order_mark_reads_the_same() {
    let text = "name: Zoë\nlist: [1, yes]\n";
    let little: Vec<u8> = "\u{FEFF}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = "\u{FEFF}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [little, big, marked, text.as_bytes().to_vec()] {
        let mut problems = crate::yaml::Problems::new();
        let node = crate::yaml::parse("test.yml", &bytes, &mut problems).unwrap();
        assert_eq!(node.to_json().unwrap(), json!({"name": "Zoë", "list": [1, true]}));
        assert_eq!(
            node.get("name").unwrap().location().position(),
            Some(Position { line: 1, column: 7 })
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    assert_eq!(
        bad(b"a: 1\nb: \xFF\n"),
        "test.yml:2:4: is not valid UTF-8 from here on"
    );
    assert_eq!(
        bad(b"\xFF\xFEa\x00\x00\xD8"),
        "test.yml:1:2: is not valid UTF-16 (little endian) from here on"
    );
    assert_eq!(
        bad(b"\xFE\xFF\x00a\x00"),
        "test.yml:1:2: is not valid UTF-16 (big endian) from here on"
    );
    assert_eq!(
        bad(b"a: 1\n\0b: 2\n"),
        "test.yml:2:1: the control character U+0000 is not allowed in YAML"
    );
    assert_eq!(
        bad("a: \u{1B}[31m"),
        "test.yml:1:4: the control character U+001B is not allowed in YAML"
    );
    let long = vec![b' '; crate::yaml::MAXIMUM_BYTES + 1];
    assert_eq!(
        bad(long),
        "test.yml: is longer than the 8388608 bytes that are accepted"
    );
}

#[test]
fn keys_and_values_keep_their_places() {
    let node = good("a:\n  - é: x\n    \"c d\": [1,\n      2]\n");
    let item = &node.get("a").unwrap().as_sequence().unwrap()[0];
    let place = |location: &crate::yaml::Location| location.to_string();
    assert_eq!(place(item.location()), "test.yml:2:5");
    assert_eq!(place(item.get("é").unwrap().location()), "test.yml:2:8");
    assert_eq!(
        place(&item.as_mapping().unwrap().get("c d").unwrap().key.location),
        "test.yml:3:5"
    );
    assert_eq!(
        place(item.get("c d").unwrap().as_sequence().unwrap()[1].location()),
        "test.yml:4:7"
    );
}

#[test]
fn duplicate_keys_are_all_reported_with_both_places() {
    assert_eq!(
        bad("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n"),
        "test.yml:5:3: b: the key \"c\" appears twice (first at 3:3)\n\
         test.yml:6:1: the key \"a\" appears twice (first at 1:1)"
    );
    assert_eq!(
        bad("on: 1\n'on': 2\n"),
        "test.yml:2:1: the key \"on\" appears twice (first at 1:1)"
    );
}

#[test]
fn keys_must_be_text() {
    assert_eq!(
        bad("? [a]\n: 1\n"),
        "test.yml:1:3: a key must be text, not a list or a mapping"
    );
    assert_eq!(
        bad("{a: 1}: 2"),
        "test.yml:1:1: a key must be text, not a list or a mapping"
    );
    assert_eq!(
        bad("x:\n  : 2"),
        "test.yml:2:3: x: a key is missing before the colon"
    );
    assert_eq!(json("1: a\non: b\n"), json!({"1": "a", "on": "b"}));
}

#[test]
fn a_second_document_is_refused() {
    let message = "a second document starts here; one document per file is accepted";
    assert_eq!(bad("a: 1\n---\nb: 2\n"), format!("test.yml:2:1: {message}"));
    assert_eq!(bad("--- 1\n--- 2\n"), format!("test.yml:2:1: {message}"));
    assert_eq!(json("---\na: 1\n...\n"), json!({"a": 1}));
}

#[test]
fn aliases_repeat_their_anchor() {
    assert_eq!(
        json("a: &x [1, {b: 2}]\nc: *x\nd: &y text\ne: *y\n"),
        json!({"a": [1, {"b": 2}], "c": [1, {"b": 2}], "d": "text", "e": "text"})
    );
    assert_eq!(
        bad("a: *nobody\n"),
        "test.yml:1:4: a: is not valid YAML: while parsing node, found unknown anchor"
    );
    assert_eq!(
        bad("a: &x [1, *x]\n"),
        "test.yml:1:11: a[1]: an alias refers to the value that it stands in"
    );
}

#[test]
fn merge_keys_fill_in_what_is_missing() {
    let text =
        "base: &base {a: 1, b: 1}\nother: &other {b: 2, c: 2}\nx:\n  b: 0\n  <<: [*base, *other]\n  d: 9\n";
    assert_eq!(json(text)["x"], json!({"a": 1, "b": 0, "c": 2, "d": 9}));
    assert_eq!(
        json("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n")["c"],
        json!({"x": 1, "y": 2})
    );
    assert_eq!(json("'<<': 1\n"), json!({"<<": 1}));
    assert_eq!(
        bad("x:\n  <<: 1\n"),
        "test.yml:2:3: x: << accepts a mapping or a list of mappings, found a whole number"
    );
    assert_eq!(
        bad("x:\n  <<: [{a: 1}, b]\n"),
        "test.yml:2:3: x: << accepts mappings, found text"
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        lines.push(format!(
            "a{level}: &a{level} [{}]",
            [alias.as_str(); 10].join(", ")
        ));
    }
    let message = bad(lines.join("\n"));
    assert!(
        message.contains("holds more than 200000 values after its aliases are expanded"),
        "{message}"
    );
}

#[test]
fn nesting_is_bounded_in_flow_in_blocks_and_through_aliases() {
    let flow = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    good(&flow(MAXIMUM_DEPTH));
    assert!(bad(flow(MAXIMUM_DEPTH + 1)).contains("is nested more than 100 levels deep"));
    assert!(bad(flow(100_000)).contains("recursion limit exceeded"));
    let block: Vec<String> = (0..200).map(|depth| format!("{}a:", " ".repeat(depth))).collect();
    assert!(bad(block.join("\n")).contains("is nested more than 100 levels deep"));
    let aliased = format!("[&a {}, {}*a{}]", flow(60), "[".repeat(60), "]".repeat(60));
    assert!(bad(aliased).contains("is nested more than 100 levels deep"));
}

#[test]
fn core_tags_decide_and_other_tags_are_refused() {
    assert_eq!(
        json("[!!str 1, ! 2, !!int '3', !!float '1.5', !!bool 'yes', !!null '', !!seq [], !!map {}]"),
        json!(["1", "2", 3, 1.5, true, null, [], {}])
    );
    let accepted = "accepted are !!str, !!int, !!float, !!bool, !!null, !!seq and !!map";
    assert_eq!(
        bad("a: !secret x\n"),
        format!("test.yml:1:4: a: the tag !secret is not accepted; {accepted}")
    );
    assert!(
        bad("a: !!python/object:os.system [x]\n")
            .contains("the tag !!python/object:os.system is not accepted")
    );
    assert!(bad("a: !!int x\n").contains("the value does not fit its tag !!int"));
}

#[test]
fn a_syntax_error_has_its_place() {
    let message = bad("a: [1, 2\nb: 3\n");
    assert!(message.starts_with("test.yml:2:"), "{message}");
    assert!(message.contains("is not valid YAML: "), "{message}");
}

#[test]
fn debug_output_shows_no_scalar() {
    assert!(!format!("{:?}", good("token: hunter2\n")).contains("hunter2"));
}
