//! What holds for every condition and every value.

use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{denying, located, policies, user_with_role};
use crate::endpoints::model::{PolicyAction, PolicyRule, PolicyRules};
use crate::policy::{CompiledPolicies, OutputRules, PolicyTrail, PolicyUser, Redaction, Subject};
use crate::yaml::{Location, Problems};

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("[a-d]|.{0,3}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts that look like conditions more often than random ones do.
fn condition() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "user",
        "response",
        "x",
        ".role",
        ".email",
        ".a",
        "['a']",
        "[0]",
        "[x]",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        " in ",
        "1",
        "-9223372036854775808",
        "2.5",
        "1e400",
        "5u",
        "0x1F",
        "'a'",
        "\"b\"",
        "b'c'",
        "r'\\d'",
        "null",
        "true",
        "size(",
        ".size()",
        ".matches('a+')",
        ".matches(x)",
        ".exists(y, ",
        ".all(y, y",
        ".map(y, y)",
        ".filter(y, true)",
        "has(x.a)",
        "int(",
        "timestamp(",
        "duration('1h')",
        ".getHours()",
        "type(",
        "string(",
        "@result",
        "`",
        "\\",
        "//",
        "\n",
        "é",
        "\u{0}",
    ]);
    prop_oneof![
        vec(word, 1..12).prop_map(|words| words.concat()),
        ".{0,40}",
        "[(!\\[{-]{0,60}1?"
    ]
}

/// Conditions that load, each with both answers and with none among its outcomes.
fn good_condition() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "x == 1",
        "x > 1",
        "x.a == 1",
        "x[0] == 1",
        "x.size() > 1",
        "x.startsWith('a')",
        "x.exists(y, y == 1)",
        "'a' in x",
        "x",
        "!x",
        "user.role == 'user'",
        "user.email.contains('a')",
        "int(x) > 0",
        "timestamp(x) < timestamp(x)",
        "x + 1 > 0",
        "has(x.a)",
        "x == null || x > 5",
        "x != null && x < 5",
        "string(x) == '1'",
        "x.matches('a')",
        "'a'.matches(x)",
    ])
}

fn arguments(x: Value) -> Map<String, Value> {
    Map::from_iter([("x".to_owned(), x)])
}

/// How a single condition, on its own, ends.
fn is_refused(conditions: &[&str], x: &Value) -> bool {
    let arguments = arguments(x.clone());
    let policies = denying(conditions, &arguments).unwrap();
    policies
        .check_input(&user_with_role("user"), &arguments, &mut PolicyTrail::default())
        .is_err()
}

fn masking(fields: &[String]) -> Redaction {
    let rule = PolicyRule {
        location: Location::whole("t.yml"),
        condition: located("true".to_owned()),
        action: PolicyAction::MaskFields,
        reason: None,
        fields: fields.iter().cloned().map(located).collect(),
    };
    let rules = PolicyRules {
        input: Vec::new(),
        output: vec![rule],
    };
    let subject = Subject {
        parameters: &[],
        returns: None,
    };
    let policies = CompiledPolicies::compile(&rules, &subject, &mut Problems::new()).unwrap();
    let OutputRules::OnUser(rules) = policies.output() else {
        panic!("the rule looks at nothing");
    };
    rules
        .check(&PolicyUser::anonymous(), &mut PolicyTrail::default())
        .unwrap()
}

fn mask_by_hand(value: &mut Value, fields: &[String]) {
    let rows: Vec<&mut Value> = match value {
        Value::Array(rows) => rows.iter_mut().collect(),
        row => vec![row],
    };
    for row in rows.into_iter().filter_map(Value::as_object_mut) {
        for (_, member) in row.iter_mut().filter(|(name, _)| fields.contains(name)) {
            *member = json!("****");
        }
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

const SECRET: &str = "the secret";

/// Values of the type below, with the secret in every sensitive place, and values of no type at all around them.
fn with_secrets() -> impl Strategy<Value = Value> {
    let leaf = || {
        (json_value(), any::<bool>()).prop_map(|(open, with)| match with {
        true => json!({"open": open, "hidden": SECRET, "list": [{"hidden": SECRET}, {"hidden": {"deep": SECRET}}]}),
        false => json!({"hidden": [SECRET], "list": SECRET}),
    })
    };
    vec((leaf(), leaf()), 0..4).prop_map(|rows| {
        let row = |(row, inner): (Value, Value)| {
            let mut row = row;
            row["inner"] = inner;
            row
        };
        Value::Array(rows.into_iter().map(row).collect())
    })
}

const TYPE_WITH_SECRETS: &str = concat!(
    "  return: {type: array, items: {type: object, properties: {",
    "hidden: {type: string, sensitive: true}, ",
    "list: {type: array, items: {type: object, properties: {hidden: {type: string, sensitive: true}}}}, ",
    "inner: {type: object, properties: {hidden: {type: string, sensitive: true}, ",
    "list: {type: array, items: {type: object, properties: {hidden: {type: string, sensitive: true}}}}}}}}}\n",
    "  policies:\n    output: [{condition: \"true\", action: filter_sensitive_fields}]\n",
);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_and_no_value_makes_policies_panic(condition in condition(), x in json_value()) {
        let arguments = arguments(x);
        if let Ok(policies) = denying(&[&condition], &arguments) {
            let outcome = policies.check_input(&PolicyUser::anonymous(), &arguments, &mut PolicyTrail::default());
            if let Err(denial) = outcome {
                prop_assert!(!denial.log_line().contains("panicked"), "{}", denial.log_line());
            }
        }
    }

    #[test]
    fn a_rule_that_refuses_alone_refuses_among_others(
        conditions in vec(good_condition(), 1..5),
        x in json_value(),
    ) {
        let any_alone = conditions.iter().any(|condition| is_refused(&[condition], &x));
        prop_assert_eq!(is_refused(&conditions, &x), any_alone);
    }

    #[test]
    fn a_condition_or_its_opposite_refuses(condition in good_condition(), x in json_value()) {
        let opposite = format!("!({condition})");
        prop_assert!(is_refused(&[condition], &x) || is_refused(&[&opposite], &x));
    }

    #[test]
    fn masked_fields_are_masked_in_every_result(value in json_value(), fields in vec("[a-d]", 1..3)) {
        let json = serde_json::to_vec(&value).unwrap();
        let redacted: Value = serde_json::from_slice(&masking(&fields).apply(&json).unwrap()).unwrap();
        let mut expected = value;
        mask_by_hand(&mut expected, &fields);
        prop_assert_eq!(redacted, expected);
    }

    #[test]
    fn no_sensitive_value_survives_in_any_result(value in with_secrets()) {
        let policies = policies(TYPE_WITH_SECRETS);
        let OutputRules::OnUser(rules) = policies.output() else {
            panic!("the rule looks at nothing");
        };
        let redaction = rules.check(&PolicyUser::anonymous(), &mut PolicyTrail::default()).unwrap();
        let (_, rest) = redaction.clone().split(&OutputPlan::rows());
        let json = serde_json::to_vec(&value).unwrap();
        for redaction in [redaction, rest] {
            let redacted: Value = serde_json::from_slice(&redaction.apply(&json).unwrap()).unwrap();
            let mut found = Vec::new();
            texts(&redacted, &mut found);
            prop_assert!(!found.iter().any(|text| text.contains(SECRET)), "{}", redacted);
        }
    }
}
