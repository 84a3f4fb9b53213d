//! Whatever a record holds, it is one line of JSON within its limit, and one line in the server's own log.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fixture::record;
use crate::audit_logger::line::{EncodedOutput, SMALLEST_RECORD, write_line};
use crate::audit_logger::log_line::log_line;
use crate::domain::audit_event::{AuditRecord, ExecutionEvent, OperationStatus, OperationType};

/// Characters that have ended lines, records and terminals before, among all others.
fn text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        '\n', '\r', '\0', '\u{b}', '\u{c}', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{2029}',
        '\u{202e}', '\u{2066}', '\u{feff}', '"', '\\', '{', '}', '=', ' ', '😀',
    ]);
    prop::collection::vec(prop_oneof![nasty, any::<char>()], 0..40).prop_map(String::from_iter)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..5).prop_map(|members| json!(members)),
        ]
    })
}

fn filled(texts: Vec<String>, input: Value, output: Option<Value>) -> AuditRecord {
    let mut texts = texts.into_iter();
    let mut next = || texts.next();
    let mut record = record(OperationType::Tool, &next().unwrap_or_default());
    record.user.user_id = next();
    record.user.user_name = next();
    record.user.user_provider = next();
    record.user.user_display_name = next();
    record.user.user_email = next();
    record.client_id = next();
    record.session_id = next();
    record.trace_id = next();
    record.error = next();
    record.policy_reason = next();
    record.policies_evaluated = next().into_iter().collect();
    record.execution_events = vec![ExecutionEvent {
        kind: "external".to_owned(),
        started_at: record.timestamp,
        duration_ms: 1,
        status: OperationStatus::Success,
        target: next().unwrap_or_default(),
        operation: String::new(),
        summary: None,
        error: None,
        details: Map::new(),
    }];
    record.input_data = Map::from_iter([("argument".to_owned(), input)]);
    record.output_data = output;
    record
}

fn is_one_line(text: &str) -> bool {
    let breaks = ['\u{85}', '\u{2028}', '\u{2029}'];
    !text
        .chars()
        .any(|character| character.is_control() || breaks.contains(&character) || character == '\u{202e}')
}

proptest! {
    #[test]
    fn any_record_is_one_line_of_json_and_one_line_of_log(
        texts in prop::collection::vec(text(), 12),
        input in value(),
        output in prop::option::of(value().prop_filter("null reads back as none", |value| !value.is_null())),
    ) {
        let mut record = filled(texts, input, output);
        prop_assert!(is_one_line(&log_line(&record)));
        let line = write_line(&mut record, false, 1_000_000).unwrap();
        let text = std::str::from_utf8(&line.bytes).unwrap();
        let json = text.strip_suffix('\n').unwrap();
        prop_assert!(is_one_line(json));
        prop_assert_eq!(serde_json::from_str::<AuditRecord>(json).unwrap(), record);
    }

    #[test]
    fn no_record_is_longer_than_allowed(
        texts in prop::collection::vec((text(), 1_usize..500), 12),
        input in value(),
        repeat in 1_usize..400,
    ) {
        let long = |(text, times): (String, usize)| text.repeat(times);
        let output = vec![input.clone(); repeat];
        let mut record = filled(texts.into_iter().map(long).collect(), json!(vec![input; repeat]), Some(json!(output)));
        let line = write_line(&mut record, false, SMALLEST_RECORD).unwrap();
        prop_assert!(line.bytes.len() <= SMALLEST_RECORD, "{}", line.bytes.len());
        let text = std::str::from_utf8(&line.bytes).unwrap();
        let read: AuditRecord = serde_json::from_str(text).unwrap();
        prop_assert_eq!((read.timestamp, read.operation_type), (record.timestamp, record.operation_type));
    }

    #[test]
    fn a_long_result_keeps_whole_elements_with_exact_numbers(
        rows in prop::collection::vec(value(), 0..60),
        numbers in prop::collection::vec(any::<i64>(), 0..6_000),
    ) {
        for rows in [json!(rows), json!(numbers)] {
            let encoded = serde_json::to_vec(&rows).unwrap();
            let mut output = EncodedOutput::read(&encoded, SMALLEST_RECORD);
            let kept = output.take();
            let rows = rows.as_array().unwrap();
            prop_assert!(rows.starts_with(kept.as_array().unwrap()));
            prop_assert_eq!(output.is_cut(), encoded.len() > SMALLEST_RECORD / 2);
            let noted = output.with_note(kept.clone());
            if output.is_cut() {
                let kept_bytes: usize = kept.as_array().unwrap().iter().map(|row| row.to_string().len()).sum();
                prop_assert_eq!(&noted["total_bytes"], &json!(encoded.len()));
                prop_assert_eq!(&noted["kept_bytes"], &json!(kept_bytes));
                prop_assert_eq!(&noted["beginning"], &kept);
            } else {
                prop_assert_eq!(kept, json!(rows));
            }
        }
    }
}

fn shortened(record: &mut AuditRecord) -> Value {
    let line = write_line(record, false, SMALLEST_RECORD).unwrap();
    assert!(line.is_shortened);
    serde_json::from_slice(&line.bytes).unwrap()
}

#[test]
fn a_long_argument_is_shortened_and_the_short_one_beside_it_is_not() {
    let mut record = record(OperationType::Tool, "create_note");
    record.input_data = Map::from_iter([
        ("title".to_owned(), json!("short")),
        ("text".to_owned(), json!("é".repeat(10_000))),
    ]);
    let input = shortened(&mut record)["input_data"].clone();
    assert_eq!(input["title"], "short");
    assert_eq!(
        input["text"],
        json!({"truncated": true, "total_bytes": 20_000, "kept_bytes": 2_048, "beginning": "é".repeat(1_024)})
    );
}

#[test]
fn when_all_is_too_long_the_record_still_says_who_and_what() {
    let mut record = record(OperationType::Tool, &"n".repeat(50_000));
    record.user.user_name = Some("ada".to_owned());
    record.policies_evaluated = vec!["input[0]: true".repeat(5_000)];
    let total = serde_json::to_string(&record).unwrap().len();
    let read = shortened(&mut record);
    assert_eq!(
        read["operation_name"],
        format!("{} [64 of 50000 characters]", "n".repeat(64))
    );
    assert_eq!(read["user_name"], "ada");
    assert_eq!(read["policies_evaluated"], json!([]));
    assert_eq!(
        read["business_context"],
        json!({"truncated": true, "record_bytes": total})
    );
}

#[test]
fn a_result_that_is_no_json_is_counted_and_not_shown() {
    for encoded in ["[1,2", "no json", "", "{\"a\":"] {
        let mut output = EncodedOutput::read(encoded.as_bytes(), SMALLEST_RECORD);
        let kept = output.take();
        let noted = output.with_note(kept);
        assert_eq!(noted["total_bytes"], encoded.len(), "{encoded}");
        assert_eq!(noted["truncated"], true);
    }
}
