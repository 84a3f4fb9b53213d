//! The language: what conditions can say, and that a question without an answer is neither true nor false.

use serde_json::{Value, json};

use super::holds;
use crate::policy::{ConditionFailure, PolicyUser};

fn arguments() -> Value {
    json!({
        "whole": 5, "half": 2.5, "five": 5.0, "large": u64::MAX, "nothing": null, "yes": true,
        "text": "Añejo", "mail": "eve@example.com", "when": "2024-02-29T23:30:00Z",
        "tags": ["a", "b", "c"], "numbers": [1, 2, 3.5], "empty": [],
        "item": {"name": "pen", "price": 3, "parts": [{"id": 1}, {"id": 2}], "odd key": 1},
    })
}

fn check(condition: &str) -> Result<bool, ConditionFailure> {
    holds(condition, &PolicyUser::anonymous(), arguments())
}

#[track_caller]
fn all_hold(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(check(condition), Ok(true), "{condition}");
        assert_eq!(check(&format!("!({condition})")), Ok(false), "!({condition})");
    }
}

#[test]
fn operators_compare_combine_and_choose() {
    all_hold(&[
        "whole == 5",
        "whole != 4",
        "whole < 6 && whole <= 5 && whole > 4 && whole >= 5",
        "false || whole == 5",
        "!(whole == 4)",
        "whole == 5 ? yes : false",
        "whole % 2 == 1",
        "whole + 1 == 6 && whole - 1 == 4 && whole * 2 == 10 && whole / 2 == 2 && -whole == -5",
        "'a' + 'b' == 'ab'",
        "[1] + [2] == [1, 2]",
        "'b' in tags",
        "!('z' in tags)",
        "'name' in item",
        "'a' < 'b'",
        "nothing == null",
        "text != null",
    ]);
}

#[test]
fn whole_and_fractional_numbers_are_numbers() {
    all_hold(&[
        "whole > 2.5",
        "half < 3",
        "whole == 5.0",
        "five == 5",
        "five >= whole",
        "half != 2",
        "5.0 in [1, 5]",
        "numbers[1] < numbers[2]",
        "numbers == [1.0, 2.0, 3.5]",
        "large > 9223372036854775807",
        "large > half",
        "whole < large",
    ]);
}

#[test]
fn functions_of_mxcp_are_there() {
    all_hold(&[
        "size(text) == 5 && text.size() == 5",
        "size(tags) == 3 && tags.size() == 3",
        "size(item) == 4",
        "mail.startsWith('eve@')",
        "mail.endsWith('@example.com')",
        "mail.contains('exam')",
        "mail.matches('^[a-z]+@')",
        "matches(mail, 'com$')",
        "int('5') == whole && int(2.9) == 2 && int(true ? 3 : 4) == 3",
        "uint(5) == 5u",
        "double('2.5') == half",
        "string(whole) == '5' && string(half) == '2.5' && string(yes) == 'true'",
        "bool('true')",
        "bytes('a') == b'a'",
        "type(whole) == int && type(half) == double && type(text) == string && type(tags) == list",
        "type(nothing) == null_type && type(yes) == bool && type(item) == map",
        "dyn(whole) == 5",
    ]);
}

#[test]
fn loops_look_at_every_element() {
    all_hold(&[
        "tags.exists(tag, tag == 'b')",
        "tags.all(tag, tag.size() == 1)",
        "tags.exists_one(tag, tag > 'b')",
        "tags.filter(tag, tag > 'a') == ['b', 'c']",
        "tags.map(tag, tag + tag) == ['aa', 'bb', 'cc']",
        "tags.map(tag, tag > 'a', tag + '!') == ['b!', 'c!']",
        "empty.all(x, false) && !empty.exists(x, true)",
        "item.parts.exists(part, part.id == 2)",
        "item.parts.all(part, tags.exists(tag, tag == 'a') && part.id > 0)",
        "item.exists(key, key == 'price')",
        "tags.exists(whole, whole == 'a')",
    ]);
}

#[test]
fn members_and_elements_are_reached() {
    all_hold(&[
        "item.name == 'pen'",
        "item['name'] == 'pen'",
        "item['odd key'] == 1",
        "item.parts[1].id == 2",
        "tags[0] == 'a'",
        "has(item.name) && !has(item.colour)",
        "{'a': 1}['a'] == 1",
    ]);
}

#[test]
fn timestamps_and_durations_count() {
    all_hold(&[
        "timestamp(when) < timestamp('2024-03-01T00:00:00Z')",
        "timestamp(when) + duration('30m') == timestamp('2024-03-01T00:00:00Z')",
        "timestamp('2024-03-01T00:00:00Z') - timestamp(when) == duration('1800s')",
        "timestamp(when).getFullYear() == 2024 && timestamp(when).getMonth() == 1",
        "timestamp(when).getDate() == 29 && timestamp(when).getDayOfMonth() == 28",
        "timestamp(when).getDayOfWeek() == 4 && timestamp(when).getDayOfYear() == 59",
        "timestamp(when).getHours() == 23 && timestamp(when).getMinutes() == 30",
        "timestamp(when).getSeconds() == 0 && timestamp(when).getMilliseconds() == 0",
        "timestamp(when).getHours('+01:00') == 0 && timestamp(when).getHours('Europe/Zurich') == 0",
        "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90",
        "type(timestamp(when)) == google.protobuf.Timestamp",
    ]);
}

#[test]
fn a_question_without_an_answer_is_neither_true_nor_false() {
    for condition in [
        "nothing > 5",
        "!nothing.endsWith('x')",
        "nothing.name == 'x'",
        "text > 5",
        "'a' in text",
        "whole + half > 1",
        "item.colour == 'red'",
        "tags[3] == 'd'",
        "whole / 0 == 1",
        "9223372036854775807 + whole > 0",
        "int('five') == 5",
        "timestamp('yesterday') < timestamp(when)",
        "duration('soon') > duration('1s')",
        "mail.matches(text + '[')",
        "{'a': 1, 'a': 2}.size() == 2",
        "whole ? true : false",
        "text || false",
        "item.name",
        "size(nothing) == 0",
        "tags.all(tag, tag > 1)",
    ] {
        assert!(check(condition).is_err(), "{condition}: {:?}", check(condition));
        let negated = format!("!({condition})");
        assert!(check(&negated).is_err(), "{negated}: {:?}", check(&negated));
    }
}

#[test]
fn the_other_side_of_a_logical_operator_can_settle_the_question() {
    // As CEL says: what is true, or false, whatever the unknown side is.
    all_hold(&["yes || nothing > 5", "nothing > 5 || yes"]);
    assert_eq!(check("nothing > 5 && false"), Ok(false));
}

#[test]
fn failures_name_types_and_never_values() {
    let told = |condition: &str| check(condition).unwrap_err().to_string();
    assert_eq!(told("mail > 5"), "> does not take (string, int)");
    assert_eq!(
        told("!nothing.endsWith('x')"),
        "endsWith does not take (null_type, string)"
    );
    assert_eq!(
        told("item[mail] == 1"),
        "it reads a field or an element that is not there"
    );
    assert_eq!(told("int(mail) == 1"), "int() does not accept the value");
    assert_eq!(told("mail + 1 == 'x'"), "add does not take (string, int)");
    assert_eq!(told("item.name"), "its result is of the type string, not bool");
    assert_eq!(
        told("whole ? yes : false"),
        "it needs a value of the type bool where it finds another"
    );
    assert_eq!(told("whole / 0 == 1"), "its arithmetic has no result");
    for condition in [
        "mail > 5",
        "item[mail] == 1",
        "int(mail) == 1",
        "mail + 1 == 'x'",
        "timestamp(mail) == timestamp(mail)",
    ] {
        assert!(
            !told(condition).contains("eve"),
            "{condition}: {}",
            told(condition)
        );
    }
}

#[test]
fn an_absent_argument_is_null() {
    let policies = super::denying(&["colour == null"], &super::object(json!({"colour": 1}))).unwrap();
    let given = super::object(json!({}));
    let denied = policies.check_input(
        &PolicyUser::anonymous(),
        &given,
        &mut crate::policy::PolicyTrail::default(),
    );
    assert_eq!(denied.unwrap_err().failure, None);
}
