//! JSON laid out for people, without reading it as values. What is printed is decided elsewhere.

/// JSON with line breaks and indents between its tokens. The tokens are copied, so no digit of a number is lost and members
/// keep their order; control characters that JSON lets stand in a string are escaped, because a terminal would obey some.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if is_in_string {
            match character.is_control() {
                // All of them are in the basic multilingual plane, so one escape suffices (RFC 8259 section 7).
                true => out.extend(["\\u", &format!("{:04x}", u32::from(character))]),
                false => out.push(character),
            }
            is_in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            '"' => {
                is_in_string = true;
                out.push(character);
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            ' ' | '\n' | '\r' | '\t' => {}
            other => out.push(other),
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn tokens_stay_and_the_space_between_them_changes() {
        let json = r#"{"b":[1.10,{"x:,[":"\"}"},[],{ }],"a":123456789012345678901234567890}"#;
        let expected = "{\n  \"b\": [\n    1.10,\n    {\n      \"x:,[\": \"\\\"}\"\n    },\n    [],\n    {}\n  ],\n  \"a\": 123456789012345678901234567890\n}";
        assert_eq!(indented(json), expected);
        assert_eq!(indented(expected), expected);
        assert_eq!(indented("\"a\\\\\""), "\"a\\\\\"");
    }

    #[test]
    fn control_characters_in_a_string_are_kept_and_no_terminal_obeys_them() {
        let indented = indented("{\"a\":\"x\u{9b}31m\u{7f}y\"}");
        assert_eq!(indented, "{\n  \"a\": \"x\\u009b31m\\u007fy\"\n}");
        let read: Value = serde_json::from_str(&indented).unwrap();
        assert_eq!(read["a"], "x\u{9b}31m\u{7f}y");
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\u{e9}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[ -~]{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn indenting_is_what_serde_does(value in json()) {
            prop_assert_eq!(indented(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
