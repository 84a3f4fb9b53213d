//! What an operator finds again: everything that is a record, newest first, and nothing else.

use std::fs::{self, File};
use std::io::Cursor;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::backwards::ReadingBounds;
use super::*;
use crate::domain::audit_event::{OperationStatus, OperationType, PolicyDecision};

/// 2024-01-01T00:00:00Z, in seconds.
const START: i64 = 1_704_067_200;

/// A record as MXCP writes it, that many seconds after the start.
fn line(second: i64, name: &str) -> Value {
    json!({
        "schema_name": "mxcp.endpoints", "schema_version": 2, "record_id": name,
        "timestamp": Timestamp::from_seconds(START + second).to_string(), "operation_type": "tool", "operation_name": name,
        "operation_status": "success", "duration_ms": 3, "caller_type": "http", "user_id": null, "session_id": null,
        "trace_id": null, "input_data": {}, "output_data": null, "error": null, "policies_evaluated": [],
        "policy_decision": null, "policy_reason": null, "business_context": {}, "execution_events": [],
        "prev_hash": null, "record_hash": null, "signature": null,
    })
}

struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn base(&self) -> PathBuf {
        self.0.path().join("logs-dev.jsonl")
    }

    /// A segment whose last change was that many seconds after the start.
    fn put(&self, name: &str, changed: i64, content: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        let changed = Duration::from_secs(u64::try_from(START + changed).unwrap());
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + changed).unwrap();
    }

    fn names(&self, filter: AuditFilter) -> Vec<String> {
        let records = read_log(&self.base(), filter).unwrap();
        records.map(|record| record.operation_name).collect()
    }
}

fn lines(records: &[Value]) -> String {
    let line = |record: &Value| [record.to_string(), "\n".to_owned()];
    records.iter().flat_map(line).collect()
}

#[test]
fn segments_of_all_writers_are_merged_newest_first() {
    let shelf = Shelf::new();
    shelf.put("logs-dev.jsonl", 10, &lines(&[line(1, "legacy")]));
    shelf.put(
        "logs-dev-20240101T000000.jsonl",
        4_000,
        &lines(&[line(2, "mxcp 1"), line(3_600, "mxcp 2")]),
    );
    shelf.put(
        "logs-dev-20240101T000000-2.jsonl",
        4_000,
        &lines(&[line(5, "mxcp second file")]),
    );
    shelf.put(
        "logs-dev-20240101T000000-a1b2c3d4.jsonl",
        7_000,
        &lines(&[line(3, "one 1"), line(4_000, "one 2"), line(7_000, "one 3")]),
    );
    shelf.put(
        "logs-dev-20240101T000000-ffff0000-2.jsonl",
        6_000,
        &lines(&[line(4, "two 1"), line(6_000, "two 2")]),
    );
    for foreign in [
        "logs-dev_schemas.jsonl",
        "logs-prod-20240101T000000-a.jsonl",
        "logs-dev-x-20240101T000000-a.jsonl",
        "logs-dev-20240101T000000-a.jsonl.gz",
        "logs-dev-20240101X000000.jsonl",
        "logs-dev-notes.jsonl",
    ] {
        shelf.put(foreign, 9_000, &lines(&[line(9_000, "foreign")]));
    }
    fs::create_dir(shelf.0.path().join("logs-dev-20240101T000001.jsonl")).unwrap();
    let expected = [
        "one 3",
        "two 2",
        "one 2",
        "mxcp 2",
        "mxcp second file",
        "two 1",
        "one 1",
        "mxcp 1",
        "legacy",
    ];
    assert_eq!(shelf.names(AuditFilter::default()), expected);
    let limited = AuditFilter {
        limit: Some(3),
        ..AuditFilter::default()
    };
    assert_eq!(shelf.names(limited), expected[..3]);
}

#[test]
fn torn_foreign_and_endless_lines_are_skipped_and_counted() {
    let shelf = Shelf::new();
    let endless = "x".repeat(17 * 1024 * 1024);
    let content = format!(
        "{}not json\n{{\"schema_name\":\"other\"}}\n\n{endless}\n\u{0}\n{}{{\"schema_name\":\"mxcp.endp",
        lines(&[line(1, "first")]),
        lines(&[line(2, "second")]),
    );
    shelf.put("logs-dev-20240101T000000-one.jsonl", 10, &content);
    let mut reader = read_log(&shelf.base(), AuditFilter::default()).unwrap();
    let names: Vec<_> = reader.by_ref().map(|record| record.operation_name).collect();
    assert_eq!(names, ["second", "first"]);
    assert_eq!(
        reader.skipped(),
        Skipped {
            torn_lines: 1,
            foreign_lines: 3,
            oversized_lines: 1,
            unreadable_segments: 0,
        }
    );
}

#[test]
fn a_file_server_whose_clock_is_behind_does_not_change_the_order() {
    let shelf = Shelf::new();
    shelf.put(
        "logs-dev-20240101T000000-one.jsonl",
        10,
        &lines(&[line(100, "newest")]),
    );
    shelf.put(
        "logs-dev-20240101T000000-two.jsonl",
        90,
        &lines(&[line(90, "older")]),
    );
    assert_eq!(shelf.names(AuditFilter::default()), ["newest", "older"]);
}

#[test]
fn a_last_line_without_a_line_feed_counts_if_it_is_whole() {
    let shelf = Shelf::new();
    let content = format!("{}{}", lines(&[line(1, "first")]), line(2, "last"));
    shelf.put("logs-dev-20240101T000000.jsonl", 10, &content);
    assert_eq!(shelf.names(AuditFilter::default()), ["last", "first"]);
}

#[test]
fn no_folder_no_records_but_a_file_in_its_place_is_an_error() {
    let shelf = Shelf::new();
    let missing = shelf.0.path().join("missing/logs-dev.jsonl");
    assert_eq!(read_log(&missing, AuditFilter::default()).unwrap().count(), 0);
    fs::write(shelf.0.path().join("file"), "").unwrap();
    let error = read_log(&shelf.0.path().join("file/logs.jsonl"), AuditFilter::default()).err();
    assert!(
        error
            .unwrap()
            .to_string()
            .starts_with("audit log: cannot read the folder ")
    );
}

#[test]
fn old_segments_are_not_even_opened() {
    let shelf = Shelf::new();
    shelf.put("logs-dev-20240101T000000.jsonl", 100, &lines(&[line(100, "old")]));
    shelf.put(
        "logs-dev-20240102T000000.jsonl",
        90_000,
        &lines(&[line(86_400, "yesterday"), line(90_000, "today")]),
    );
    let since = AuditFilter {
        since: Some(Timestamp::from_seconds(START + 90_000)),
        ..AuditFilter::default()
    };
    let mut reader = read_log(&shelf.base(), since).unwrap();
    assert_eq!(reader.waiting.len(), 1);
    assert_eq!(reader.by_ref().count(), 1);
    let mut all = read_log(&shelf.base(), AuditFilter::default()).unwrap();
    assert_eq!(all.next().unwrap().operation_name, "today");
    assert_eq!(all.waiting.len(), 1, "nothing in the older one can be newer");
}

/// One record of each kind that filters tell apart.
fn various() -> Shelf {
    let shelf = Shelf::new();
    let change = |second: i64, name: &str, fields: Value| {
        let mut record = line(second, name);
        for (field, value) in fields.as_object().unwrap() {
            record[field] = value.clone();
        }
        record
    };
    let records = [
        change(1, "get", json!({"user_id": "42", "policy_decision": "allow"})),
        change(
            2,
            "get",
            json!({"policy_decision": "deny", "operation_status": "error", "user_name": "ada"}),
        ),
        change(
            3,
            "notes://{id}",
            json!({"operation_type": "resource", "user_email": "ada@example.com"}),
        ),
        change(
            4,
            "greet",
            json!({"operation_type": "prompt", "trace_id": "ab".repeat(16)}),
        ),
        change(
            5,
            "login_succeeded",
            json!({"operation_type": "auth", "user_id": "42"}),
        ),
    ];
    shelf.put("logs-dev-20240101T000000-one.jsonl", 10, &lines(&records));
    shelf
}

/// The names that a filter finds among them.
fn found(ask: impl FnOnce(&mut AuditFilter)) -> Vec<String> {
    let mut filter = AuditFilter::default();
    ask(&mut filter);
    various().names(filter)
}

#[test]
fn names_are_alternatives_and_know_their_kind() {
    let get = || Some("get".to_owned());
    assert_eq!(found(|filter| filter.tool = get()), ["get", "get"]);
    assert!(found(|filter| filter.prompt = get()).is_empty());
    assert_eq!(
        found(|filter| filter.resource = Some("notes://{id}".to_owned())),
        ["notes://{id}"]
    );
    let either = found(|filter| {
        filter.tool = get();
        filter.prompt = Some("greet".to_owned());
    });
    assert_eq!(either, ["greet", "get", "get"]);
}

#[test]
fn each_other_condition_finds_its_own() {
    assert_eq!(
        found(|filter| filter.operation_type = Some(OperationType::Auth)),
        ["login_succeeded"]
    );
    assert_eq!(
        found(|filter| filter.policy = Some(PolicyDecision::Deny)),
        ["get"]
    );
    assert_eq!(
        found(|filter| filter.status = Some(OperationStatus::Error)),
        ["get"]
    );
    assert_eq!(
        found(|filter| filter.since = Some(Timestamp::from_seconds(START + 4))),
        ["login_succeeded", "greet"]
    );
    assert_eq!(found(|filter| filter.trace_id = Some("ab".repeat(16))), ["greet"]);
    for (user, expected) in [
        ("42", vec!["login_succeeded", "get"]),
        ("ada", vec!["get"]),
        ("ada@example.com", vec!["notes://{id}"]),
        ("ada@", vec![]),
    ] {
        assert_eq!(found(|filter| filter.user = Some(user.to_owned())), expected);
    }
}

#[test]
fn conditions_join_and_the_limit_counts_what_passes() {
    let joined = found(|filter| {
        filter.user = Some("42".to_owned());
        filter.policy = Some(PolicyDecision::Allow);
    });
    assert_eq!(joined, ["get"]);
    let limited = found(|filter| {
        filter.user = Some("42".to_owned());
        filter.limit = Some(2);
    });
    assert_eq!(limited, ["login_succeeded", "get"]);
    assert!(found(|filter| filter.limit = Some(0)).is_empty());
}

proptest! {
    #[test]
    fn lines_backwards_are_the_lines(
        written in prop::collection::vec("[a-c ]{0,20}", 0..30),
        torn in "[a-c]{0,9}",
        block in 1_u64..40,
        longest_line in 1_usize..25,
    ) {
        let text: String = written.iter().map(|line| format!("{line}\n")).chain([torn.clone()]).collect();
        let bounds = ReadingBounds { block, longest_line };
        let mut source = BackwardLines::new(Cursor::new(text.clone()), text.len() as u64, bounds);
        let read: Vec<_> = std::iter::from_fn(|| source.next_piece().unwrap()).collect();
        let expected: Vec<_> = written
            .iter()
            .map(|line| (line, true))
            .chain([(&torn, false)])
            .rev()
            .filter(|(line, _)| line.len() > longest_line || !line.trim().is_empty())
            .map(|(line, is_finished)| {
                if line.len() > longest_line {
                    Piece::Oversized
                } else {
                    Piece::Line { bytes: line.clone().into_bytes(), is_finished }
                }
            })
            .collect();
        prop_assert_eq!(read, expected);
    }
}
