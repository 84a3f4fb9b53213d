//! Counting the work of a condition changes none of its answers: the evaluator is asked directly, and as conditions ask it.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, Value as Answer};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Condition, ConditionFailure, Patterns, Scope, Variables};
use crate::policy::stage::Stage;

/// What the evaluator says by itself; `None` for an error or an answer that is neither true nor false.
fn directly(text: &str, x: &Value) -> Option<bool> {
    let program = Program::compile(text).ok()?;
    let mut context = Context::default();
    context.add_variable_from_value("x", answer_of(x));
    match program.execute(&context) {
        Ok(Answer::Bool(answer)) => Some(answer),
        Ok(_) | Err(_) => None,
    }
}

fn answer_of(json: &Value) -> Answer {
    match json {
        Value::Null => Answer::Null,
        Value::Bool(value) => Answer::from(*value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Answer::from(whole),
            None => Answer::from(number.as_f64().unwrap()),
        },
        Value::String(text) => Answer::from(text.as_str()),
        Value::Array(elements) => Answer::from(elements.iter().map(answer_of).collect::<Vec<_>>()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), answer_of(member)));
            Answer::from(members.collect::<HashMap<_, _>>())
        }
    }
}

/// What a condition says; an error where it does not load.
fn counted(text: &str, x: &Value) -> Result<Result<bool, ConditionFailure>, ()> {
    let mut patterns = Patterns::default();
    let variables = Variables::new(Stage::Input, ["x"]);
    let condition = Condition::compile(text, &variables, &mut patterns).map_err(drop)?;
    let mut scope = Scope::new(&Arc::new(patterns)).unwrap();
    scope.bind_json("x", x).unwrap();
    Ok(scope.holds(&condition))
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "x",
        "x",
        "x.a",
        "x.b.a",
        "x[0]",
        "x['a']",
        "0",
        "1",
        "-3",
        "2.5",
        "7u",
        "'a'",
        "'ab'",
        "b'a'",
        "null",
        "true",
        "false",
        "[]",
        "[1, 2.0]",
        "[x, [x]]",
        "{'a': x}",
        "has(x.a)",
        "duration('1h')",
        "timestamp('2024-01-01T00:00:00Z')",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        let operators = prop::sample::select(vec![
            "==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "in",
        ]);
        let templates = prop::sample::select(vec![
            "!(A)",
            "-(A)",
            "A ? B : C",
            "size(A)",
            "(A).size()",
            "string(A)",
            "int(A)",
            "double(A)",
            "bool(A)",
            "type(A)",
            "dyn(A)",
            "(A).startsWith(B)",
            "(A).endsWith(B)",
            "(A).contains(B)",
            "(A).exists(y, B)",
            "(A).all(y, B == y)",
            "(A).map(y, B)",
            "(A).map(y, y == B, [y, C])",
            "(A).filter(y, y != B)",
            "(A).exists_one(y, y == B)",
            "[A, B]",
            "{'a': A, 'b': B}",
            "{A: B}",
            "[A][0]",
            "{'a': A}.a",
            "(A)[B]",
            "(A).getHours()",
            "(A).exists(x, x == B)",
            "(A).map(y, (B).exists(z, y == z))",
        ]);
        prop_oneof![
            (inner.clone(), operators, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (templates, inner.clone(), inner.clone(), inner)
                .prop_map(|(template, a, b, c)| fill(template, &[('A', &a), ('B', &b), ('C', &c)])),
        ]
    })
}

fn fill(template: &str, parts: &[(char, &String)]) -> String {
    let part = |c: char| {
        parts
            .iter()
            .find(|(name, _)| *name == c)
            .map(|(_, part)| part.as_str())
    };
    template
        .chars()
        .map(|c| part(c).map_or_else(|| c.to_string(), str::to_owned))
        .collect()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(1),
        json!(2.5),
        json!("a"),
        json!("ab"),
        json!(7),
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map("[ab]", inner, 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn counting_work_changes_no_answer(left in expression(), right in expression(), x in value()) {
        for text in [left.clone(), format!("{left} == {right}"), format!("({left}) || ({right})")] {
            if let Ok(answer) = counted(&text, &x) {
                prop_assert_eq!(answer.ok(), directly(&text, &x), "{}", text);
            }
        }
    }
}

#[test]
fn compiled_conditions_are_shared_between_threads() {
    fn assert_shareable<T: Send + Sync>() {}
    assert_shareable::<Condition>();
    assert_shareable::<Patterns>();
}
