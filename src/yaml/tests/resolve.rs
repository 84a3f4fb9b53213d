//! Scalars mean what `PyYAML` 6 says they mean. The expectations were produced by running it.

use serde_json::json;

use super::json;
use crate::yaml::Resolved;

#[test]
fn booleans_have_three_spellings_each() {
    for text in ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
        assert_eq!(Resolved::of_plain(text), Resolved::Boolean(true), "{text}");
    }
    for text in ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
        assert_eq!(Resolved::of_plain(text), Resolved::Boolean(false), "{text}");
    }
    for text in ["y", "n", "yEs", "tRUE", "oN", "enabled", "T"] {
        assert_eq!(Resolved::of_plain(text), Resolved::Text, "{text}");
    }
}

#[test]
fn integers_follow_yaml_1_1() {
    let cases: [(&str, i128); 18] = [
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("-12", -12),
        ("1_000_000", 1_000_000),
        ("017", 15),
        ("-017", -15),
        ("00", 0),
        ("0_", 0),
        ("0x1F", 31),
        ("-0xff_ff", -65535),
        ("0b1010", 10),
        ("1:30", 90),
        ("-1:30", -90),
        ("190:20:30", 685_230),
        ("22:22", 1342),
        ("9223372036854775808", 9_223_372_036_854_775_808),
        ("170141183460469231731687303715884105727", i128::MAX),
    ];
    for (text, value) in cases {
        assert_eq!(Resolved::of_plain(text), Resolved::Integer(value), "{text}");
    }
}

#[test]
fn floats_follow_yaml_1_1() {
    let cases = [
        ("1.5", 1.5),
        ("-1.5", -1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1_000.5", 1000.5),
        ("1.5e+3", 1500.0),
        ("1.5E-3", 0.0015),
        (".inf", f64::INFINITY),
        ("-.Inf", f64::NEG_INFINITY),
        ("+.INF", f64::INFINITY),
        ("1:30.5", 90.5),
    ];
    for (text, value) in &cases {
        assert_eq!(Resolved::of_plain(text), Resolved::Float(*value), "{text}");
    }
    for text in [".nan", ".NaN", ".NAN"] {
        assert!(
            matches!(Resolved::of_plain(text), Resolved::Float(value) if value.is_nan()),
            "{text}"
        );
    }
    let beyond_128_bits = "340282366920938463463374607431768211456";
    assert_eq!(
        Resolved::of_plain(beyond_128_bits),
        Resolved::Float(340_282_366_920_938_463_463_374_607_431_768_211_456.0)
    );
}

#[test]
fn everything_else_is_text() {
    let cases = [
        "a",
        "1e5",
        "1.5e3",
        "-.5",
        "08",
        "0o17",
        "0x",
        "0b",
        "0b12",
        "0xfg",
        "+",
        "-",
        ".",
        "-.",
        "_1",
        "1__",
        "1:60",
        "0:30",
        "1:",
        ":30",
        "1.2.3",
        "2024-01-01",
        "12e",
        "e12",
        "1.5e+",
        ".inff",
        "+.nan",
        "::",
        "1a",
        "--1",
        "+-1",
        "١",
    ];
    for text in cases {
        let expected = if text == "1__" {
            Resolved::Integer(1)
        } else {
            Resolved::Text
        };
        assert_eq!(Resolved::of_plain(text), expected, "{text}");
    }
}

#[test]
fn quotes_and_blocks_make_text() {
    assert_eq!(
        json("a: 'yes'\nb: \"1\"\nc: |\n  2\nd: >-\n  null\n"),
        json!({"a": "yes", "b": "1", "c": "2\n", "d": "null"})
    );
}

#[test]
fn null_has_five_spellings() {
    assert_eq!(
        json("[~, null, Null, NULL, nULL]"),
        json!([null, null, null, null, "nULL"])
    );
    assert_eq!(json("a:\nb: ''\n"), json!({"a": null, "b": ""}));
}
