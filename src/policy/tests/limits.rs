//! Conditions that are too long, too deep or too much work are refused; none of them panics, hangs or ends the process.

use serde_json::{Value, json};

use super::{denying, holds, object};
use crate::policy::{ConditionFailure, PolicyUser};

fn refusal(condition: &str) -> String {
    denying(&[condition], &object(json!({"x": 1, "l": []}))).unwrap_err()
}

fn check(condition: &str, arguments: Value) -> Result<bool, ConditionFailure> {
    holds(condition, &PolicyUser::anonymous(), arguments)
}

#[test]
fn a_condition_that_nobody_wrote_by_hand_is_refused() {
    let long = format!("x == '{}'", "a".repeat(16 * 1024));
    assert!(refusal(&long).contains("has 16391 bytes; at most 16384 are accepted"));
    assert!(
        denying(
            &["x == 1 || ".repeat(500).trim_end_matches(" || ")],
            &object(json!({"x": 1}))
        )
        .is_ok()
    );
}

#[test]
fn a_deep_condition_is_refused_whatever_makes_it_deep() {
    for condition in [
        "(".repeat(8_000),
        "[".repeat(8_000) + "1",
        "{".repeat(8_000),
        format!("{}x{} == 1", "(".repeat(100), ")".repeat(100)),
        format!("{}x{} == 1", "[".repeat(100), "]".repeat(100)),
        format!("size({}x{}) == 1", "[".repeat(100), "]".repeat(100)),
        format!("{}x{} == 1", "int(".repeat(100), ")".repeat(100)),
        format!("{}true{}", "l.exists(a, ".repeat(100), ")".repeat(100)),
        "true ? true : ".repeat(200) + "true",
        format!("x{} == 1", ".a".repeat(5_000)),
        format!("x{} == 1", "[0]".repeat(3_000)),
        format!("{}x == 1", "x + ".repeat(3_000)),
        format!("l{} == []", ".map(a, a)".repeat(1_000)),
    ] {
        let refusal = refusal(&condition);
        assert!(
            refusal.contains("nested too deeply"),
            "{condition:.60}: {refusal:.200}"
        );
    }
}

#[test]
fn the_deepest_accepted_conditions_are_evaluated_on_an_ordinary_stack() {
    let arguments = || json!({"x": 1, "l": [1], "deep": (0..120).fold(json!(1), |inner, _| json!([inner]))});
    for (condition, expected) in [
        (format!("{}x == 61", "x + ".repeat(60)), true),
        (format!("{}x{} == 1", "int(".repeat(28), ")".repeat(28)), true),
        (format!("deep{} == 1", "[0]".repeat(60)), false),
        (
            format!("{}true{}", "l.exists(a, ".repeat(12), ")".repeat(12)),
            true,
        ),
        (format!("l{} == l", ".map(a, a)".repeat(12)), true),
        (format!("size({}l{}) == 1", "[".repeat(28), "]".repeat(28)), true),
        ("deep == [deep][0]".to_owned(), true),
    ] {
        assert_eq!(check(&condition, arguments()), Ok(expected), "{condition:.60}");
    }
}

#[test]
fn work_that_grows_without_bound_is_stopped() {
    let ten = "[1,2,3,4,5,6,7,8,9,0]";
    let nested = (0..9).fold("true".to_owned(), |inner, depth| {
        format!("{ten}.all(v{depth}, {inner})")
    });
    let doubled_text = format!("['0123456789']{}.size() == 1", ".map(a, a + a)".repeat(14));
    let doubled_twice = format!(
        "['{}']{}.size() == 1",
        "x".repeat(9_000),
        ".map(a, a+a+a+a+a+a+a+a)".repeat(6)
    );
    let doubled_list = format!("[[1]]{}.size() == 1", ".map(a, [a,a,a,a])".repeat(14));
    let with_or = format!("{} || true", nested.replace("true", "1 > 2 || true"));
    for condition in [&nested, &doubled_twice, &doubled_list, &with_or] {
        let outcome = check(condition, json!({}));
        assert!(
            matches!(outcome, Err(ConditionFailure::TooExpensive(_))),
            "{condition:.80}: {outcome:?}"
        );
    }
    // Fourteen doublings of ten letters are small.
    assert_eq!(check(&doubled_text, json!({})), Ok(true));
}

#[test]
fn work_that_grows_with_the_square_of_large_data_is_stopped() {
    let many: Vec<Value> = (0..20_000).map(|number| json!({"id": number})).collect();
    let pairs = "rows.all(a, rows.exists(b, a.id == b.id))";
    let outcome = check(pairs, json!({"rows": many}));
    assert!(
        matches!(outcome, Err(ConditionFailure::TooExpensive(_))),
        "{outcome:?}"
    );
    assert_eq!(check("rows.all(a, a.id >= 0)", json!({"rows": many})), Ok(true));
    assert_eq!(check(pairs, json!({"rows": many[..100]})), Ok(true));
    let haystack = "x".repeat(2_000_000);
    let scans = check(
        "rows.all(a, text.contains('y') == false)",
        json!({"rows": many, "text": haystack}),
    );
    assert!(
        matches!(scans, Err(ConditionFailure::TooExpensive(_))),
        "{scans:?}"
    );
}

#[test]
fn patterns_are_bounded() {
    assert!(
        refusal("'a'.matches('(a{1000}){1000}')").contains("matches(): Compiled regex exceeds size limit")
    );
    assert!(refusal("'a'.matches('[')").contains("matches(): regex parse error"));
    let with = |pattern: &str| check("'aaa'.matches(pattern)", json!({"pattern": pattern}));
    assert_eq!(with("^a+$"), Ok(true));
    assert_eq!(with("b"), Ok(false));
    for hostile in ["(a{1000}){1000}", "[", &"a".repeat(1_001), r"\w{200}"] {
        assert_eq!(
            with(hostile),
            Err(ConditionFailure::NotConvertible("matches".to_owned())),
            "{hostile:.40}"
        );
    }
    let rows: Vec<Value> = (0..1_000).map(|number| json!(format!("a{number}"))).collect();
    let one_pattern = "rows.all(row, row.matches(pattern))";
    assert_eq!(
        check(one_pattern, json!({"rows": rows, "pattern": "^a[0-9]+$"})),
        Ok(true)
    );
    let no_pattern = check(
        "rows.exists(row, row.matches(pattern))",
        json!({"rows": rows, "pattern": "(a{1000}){1000}"}),
    );
    assert!(
        matches!(no_pattern, Err(ConditionFailure::TooExpensive(_))),
        "{no_pattern:?}"
    );
    let many_patterns = check("rows.all(row, row.matches(row))", json!({"rows": rows}));
    assert!(
        matches!(many_patterns, Err(ConditionFailure::TooExpensive(_))),
        "{many_patterns:?}"
    );
}

#[test]
fn values_deeper_than_any_json_reader_makes_them_are_no_values() {
    let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(check("x != null", json!({"x": deep(159)})), Ok(true));
    assert_eq!(
        check("x != null", json!({"x": deep(200)})),
        Err(ConditionFailure::UnreadableValues)
    );
}
