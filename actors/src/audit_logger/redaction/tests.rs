//! Canaries: whatever was marked or held as a secret is not in the record any more, and everything else is.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::audit_event::{AuditedOperation, CallerType, OperationStatus};
use crate::domain::clock::Timestamp;
use crate::domain::randomness::SeededRandomness;

fn record(operation_type: OperationType, input: Value) -> AuditRecord {
    let operation = AuditedOperation {
        operation_type,
        name: "tool".to_owned(),
        status: OperationStatus::Success,
        duration: Duration::ZERO,
        caller_type: CallerType::Http,
        policy_decision: None,
    };
    let mut record = AuditRecord::new(operation, Timestamp::UNIX_EPOCH, &SeededRandomness::new(1)).unwrap();
    record.input_data = serde_json::from_value(input).unwrap();
    record
}

fn members<const N: usize>(named: [(&str, Sensitivity); N], others: Sensitivity) -> Sensitivity {
    Sensitivity::Members {
        named: BTreeMap::from(named.map(|(name, place)| (name.to_owned(), place))),
        others: Box::new(others),
    }
}

/// `password`, the `pin` of each of the `cards`, and every undeclared argument.
fn declared() -> Sensitivity {
    let card = members([("pin", Sensitivity::Sensitive)], Sensitivity::Open);
    members(
        [
            ("user", Sensitivity::Open),
            ("password", Sensitivity::Sensitive),
            ("cards", Sensitivity::Items(Box::new(card))),
        ],
        Sensitivity::Sensitive,
    )
}

fn redacted_input(input: Value) -> Value {
    let mut record = record(OperationType::Tool, input);
    let rules = RedactionRules {
        arguments: &declared(),
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    Value::Object(record.input_data)
}

#[test]
fn sensitive_places_are_taken_out_at_any_depth() {
    let input = json!({
        "user": "ada", "password": {"old": "a", "new": null}, "pasword": "typo",
        "cards": [{"pin": 1234, "name": "first"}, {"name": "second"}],
    });
    assert_eq!(
        redacted_input(input),
        json!({
            "user": "ada", "password": REDACTED, "pasword": REDACTED,
            "cards": [{"pin": REDACTED, "name": "first"}, {"name": "second"}],
        })
    );
}

#[test]
fn a_value_of_another_shape_is_taken_out_as_a_whole() {
    for cards in [
        json!("[{\"pin\": 1234}]"),
        json!({"pin": 1234}),
        json!([["pin", 1234]]),
    ] {
        let text = redacted_input(json!({ "cards": cards })).to_string();
        assert!(!text.contains("1234"), "{text}");
    }
    assert!(!declared().is_open());
    assert!(Sensitivity::Items(Box::new(members([], Sensitivity::Open))).is_open());
}

#[test]
fn a_sensitive_value_does_not_come_back_in_result_or_error() {
    let mut record = record(
        OperationType::Tool,
        json!({"password": "hunter2", "cards": [{"pin": 991_234}], "user": "hunter2"}),
    );
    record.user.user_name = Some("hunter2".to_owned());
    record.error = Some("Could not convert string 'hunter2' to INT32".to_owned());
    record.output_data = Some(json!([{"hunter2": 991_234, "other": 5}]));
    let rules = RedactionRules {
        arguments: &declared(),
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    assert_eq!(
        record.error.as_deref(),
        Some("Could not convert string '[REDACTED]' to INT32")
    );
    assert_eq!(
        record.output_data,
        Some(json!([{"[REDACTED]": "[REDACTED]", "other": 5}]))
    );
    assert_eq!(
        record.input_data["user"], "hunter2",
        "a caller cannot hide what it did"
    );
    assert_eq!(record.user.user_name.as_deref(), Some("hunter2"));
}

#[test]
fn more_sensitive_values_than_can_be_looked_for_take_everything_out() {
    let passwords: Vec<_> = (0..100).map(|number| format!("password {number}")).collect();
    let mut record = record(OperationType::Tool, json!({ "password": passwords }));
    record.error = Some("password 99 is wrong".to_owned());
    record.output_data = Some(json!({"a": ["password 99", 7, true]}));
    let rules = RedactionRules {
        arguments: &declared(),
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    assert_eq!(record.error.as_deref(), Some(REDACTED));
    assert_eq!(
        record.output_data,
        Some(json!({ (REDACTED): [REDACTED, REDACTED, true] }))
    );
}

#[test]
fn a_sensitive_part_of_the_result_is_taken_out() {
    let mut record = record(OperationType::Tool, json!({}));
    record.output_data = Some(json!([{"salary": 1, "name": "ada"}]));
    let row = members([("salary", Sensitivity::Sensitive)], Sensitivity::Open);
    let rules = RedactionRules {
        result: &Sensitivity::Items(Box::new(row)),
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    assert_eq!(
        record.output_data,
        Some(json!([{"salary": REDACTED, "name": "ada"}]))
    );
}

#[test]
fn credentials_never_stand_in_an_authentication_event() {
    let input = json!({"client_id": "c", "client_secret": "s3cret", "code": "abc", "refresh_token": "r", "scope": "x"});
    let mut event = record(OperationType::Auth, input);
    event.error = Some("bad secret s3cret".to_owned());
    redact(&mut event, RedactionRules::NONE);
    assert_eq!(
        Value::Object(event.input_data),
        json!({"client_id": "c", "client_secret": REDACTED, "code": REDACTED, "refresh_token": REDACTED, "scope": "x"})
    );
    assert_eq!(event.error.as_deref(), Some("bad secret [REDACTED]"));
    let mut call = record(OperationType::Tool, json!({"code": "NL"}));
    redact(&mut call, RedactionRules::NONE);
    assert_eq!(call.input_data["code"], "NL");
}

#[test]
fn a_secret_is_found_in_the_forms_in_which_it_travels() {
    let mut record = record(OperationType::Tool, json!({}));
    record.error = Some(
        "GET https://example.com/?token=a%2Fb%22c%3D%3D failed: {\"token\":\"a/b\\\"c==\"}, Bearer a/b\"c=="
            .to_owned(),
    );
    let rules = RedactionRules {
        secrets: &[Secret::new("a/b\"c==")],
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    assert_eq!(
        record.error.as_deref(),
        Some(
            "GET https://example.com/?token=[REDACTED] failed: {\"token\":\"[REDACTED]\"}, Bearer [REDACTED]"
        )
    );
}

#[test]
fn the_longer_of_two_secrets_goes_first_and_a_short_one_only_as_a_whole() {
    let mut record = record(
        OperationType::Tool,
        json!({"a": "abcdefgh", "b": "abc", "c": "abcabc", "d": "", "e": "-abcdefgh-"}),
    );
    let rules = RedactionRules {
        secrets: &[
            Secret::new("abcd"),
            Secret::new("abcdefgh"),
            Secret::new("abc"),
            Secret::new(""),
        ],
        ..RedactionRules::NONE
    };
    redact(&mut record, rules);
    assert_eq!(
        Value::Object(record.input_data),
        json!({"a": REDACTED, "b": REDACTED, "c": "abcabc", "d": "", "e": "-[REDACTED]-"})
    );
}

/// A document in which a canary stands at random places, as value, as name and inside text.
fn planted() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        ("[ -~]{0,8}", "[ -~]{0,8}")
            .prop_map(|(before, after)| Value::from(format!("{before}canary_token_1{after}"))),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let name = prop_oneof!["[a-z]{1,6}", Just("canary_token_1".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn no_planted_canary_survives(input in planted(), output in planted(), error in planted()) {
        let mut record = record(OperationType::Tool, json!({ "input": input }));
        record.output_data = Some(output);
        record.error = Some(error.to_string());
        let rules = RedactionRules { secrets: &[Secret::new("canary_token_1")], ..RedactionRules::NONE };
        redact(&mut record, rules);
        let text = serde_json::to_string(&record).unwrap();
        prop_assert!(!text.contains("canary_token_1"), "{}", text);
    }

    #[test]
    fn without_rules_nothing_changes(input in planted(), output in planted()) {
        let mut record = record(OperationType::Tool, json!({ "input": input }));
        record.output_data = Some(output);
        let before = record.clone();
        redact(&mut record, RedactionRules::NONE);
        prop_assert_eq!(record, before);
    }
}
