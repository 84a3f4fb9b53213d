//! JSON as it is written.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn object(members: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
    let mut out = Vec::new();
    write_object(&mut out, members);
    String::from_utf8(out).unwrap()
}

#[test]
fn members_are_separated_and_in_order() {
    let text = object(|o| {
        o.string("a", "x\"y");
        o.optional_string("absent", None);
        o.boolean("b", true);
        o.integer("c", -7_i64);
        o.number("d", 0.25);
        o.number("e", f64::NAN);
        o.object("f", |_| {});
        o.strings("g", ["p", "q"]);
        o.raw("h", b"[1, 2]");
    });
    assert_eq!(
        text,
        r#"{"a":"x\"y","b":true,"c":-7,"d":0.25,"e":null,"f":{},"g":["p","q"],"h":[1, 2]}"#
    );
}

#[test]
fn control_characters_are_escaped() {
    let mut out = Vec::new();
    write_string(&mut out, b"\0\x1f\n\r\t\\\"\x7f/");
    assert_eq!(out, b"\"\\u0000\\u001f\\n\\r\\t\\\\\\\"\x7f/\"");
}

#[test]
fn checked_text_must_be_one_value() {
    assert!(EncodedJson::checked("{\"a\":1}").unwrap().is_object());
    assert!(!EncodedJson::checked(" [1]").unwrap().is_object());
    for broken in ["", "{", "1 2", "nan"] {
        assert!(EncodedJson::checked(broken).is_err(), "{broken:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_survives(text in any::<String>()) {
        let mut out = Vec::new();
        write_string(&mut out, text.as_bytes());
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn encoded_json_as_a_string_decodes_to_the_same_json(value in any_json(), pretty in any::<bool>()) {
        let encoded = if pretty { format!("{value:#}") } else { value.to_string() };
        let mut out = Vec::new();
        write_string(&mut out, encoded.as_bytes());
        let text: String = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(&text, &encoded);
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn finite_numbers_survive(value in prop::num::f64::NORMAL) {
        let text = object(|o| o.number("n", value));
        let number = text.strip_prefix(r#"{"n":"#).and_then(|rest| rest.strip_suffix('}')).unwrap();
        prop_assert!(EncodedJson::checked(number).is_ok());
        prop_assert_eq!(number.parse::<f64>().unwrap().to_bits(), value.to_bits());
    }
}
