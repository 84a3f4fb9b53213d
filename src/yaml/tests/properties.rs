//! No input makes the reader panic, and what it reads it reads like the JSON that was written.

use proptest::prelude::*;

use crate::yaml::{Problems, parse};

/// Text made of the pieces that YAML gives a meaning to.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("- "),
        Just("? "),
        Just(": "),
        Just("\n"),
        Just("  "),
        Just("&a "),
        Just("*a"),
        Just("<<: "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just("!!int "),
        Just("!x "),
        Just("---\n"),
        Just("...\n"),
        Just("%YAML 1.1\n"),
        Just("|\n"),
        Just(">-2\n"),
        Just("'"),
        Just("\""),
        Just("\\x"),
        Just("#"),
        Just("a"),
        Just("1:30"),
        Just("\t"),
        Just("é"),
        Just("\r\n"),
        Just("yes"),
        Just("\u{FEFF}"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// JSON whose texts match a pattern. `serde_yaml` writes YAML 1.2, which leaves `on` and `1:30` unquoted.
fn any_json(text: &'static str) -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Either a tree and no error, or an error and no tree.
fn agrees_with_itself(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut problems = Problems::new();
    let node = parse("any.yml", bytes, &mut problems);
    prop_assert_eq!(node.is_some(), problems.is_empty());
    prop_assert!(
        problems
            .to_string()
            .lines()
            .all(|line| line.starts_with("any.yml"))
    );
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        agrees_with_itself(&bytes)?;
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,100}") {
        agrees_with_itself(text.as_bytes())?;
    }

    #[test]
    fn no_yaml_like_text_panics(text in yaml_like()) {
        agrees_with_itself(text.as_bytes())?;
    }

    #[test]
    fn json_is_read_back(value in any_json("[a-z0-9 :#'éyn~-]{0,8}")) {
        let mut problems = Problems::new();
        let node = parse("any.yml", value.to_string().as_bytes(), &mut problems);
        prop_assert_eq!(problems.to_string(), "");
        prop_assert_eq!(node.unwrap().to_json().unwrap(), value);
    }

    #[test]
    fn block_form_is_read_back(value in any_json("[b-dé][b-dé #:'-]{0,6}")) {
        let text = serde_yaml::to_string(&value).unwrap();
        let mut problems = Problems::new();
        let node = parse("any.yml", text.as_bytes(), &mut problems);
        prop_assert_eq!(problems.to_string(), "");
        prop_assert_eq!(node.unwrap().to_json().unwrap(), value);
    }
}
