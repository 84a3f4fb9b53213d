//! What arrives in the segments, and in which files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::{House, Running, authentication, call, denial, record};
use crate::audit_logger::messages::{AuditedOutput, RecordEvent};
use crate::audit_logger::redaction::RedactionRules;
use crate::audit_logger::segment_name::{InstanceId, InvalidInstanceId};
use crate::audit_logger::settings::SyncPolicy;
use crate::audit_logger::status::RecordCounts;
use crate::domain::audit_event::{AuthenticationEvent, OperationType};
use crate::domain::randomness::SeededRandomness;

#[test]
fn every_kind_of_event_is_recorded() {
    let house = House::new();
    let report = house.run(|running| {
        running.record(call("tool"));
        running.record(denial("denied"));
        running.record(RecordEvent::plain(record(
            OperationType::Resource,
            "notes://{id}",
        )));
        running.record(RecordEvent::plain(record(OperationType::Prompt, "prompt")));
        running.record(authentication(AuthenticationEvent::LoginSucceeded, "ada"));
    });
    let seen: Vec<_> = house
        .records()
        .iter()
        .map(|record| (record["operation_type"].clone(), record["operation_name"].clone()))
        .collect();
    let expected = [
        ("tool", "tool"),
        ("tool", "denied"),
        ("resource", "notes://{id}"),
        ("prompt", "prompt"),
        ("auth", "login_succeeded"),
    ];
    assert_eq!(seen, expected.map(|(kind, name)| (json!(kind), json!(name))));
    let counts = RecordCounts {
        tools: 2,
        resources: 1,
        prompts: 1,
        authentication: 1,
    };
    assert_eq!((report.status.accepted, report.status.written), (counts, counts));
    assert!(report.is_complete);
}

#[test]
fn the_results_of_calls_are_recorded_in_either_form() {
    let house = House::new();
    house.run(|running| {
        for output in [
            AuditedOutput::Encoded(br#"[{"a":1.50}]"#),
            AuditedOutput::Value(json!({"b": [2]})),
            AuditedOutput::NotRecorded,
        ] {
            running.record(RecordEvent {
                record: record(OperationType::Tool, "tool"),
                output,
                redaction: RedactionRules::NONE,
            });
        }
    });
    let outputs: Vec<Value> = house
        .records()
        .iter()
        .map(|record| record["output_data"].clone())
        .collect();
    assert_eq!(outputs, [json!([{"a": 1.5}]), json!({"b": [2]}), Value::Null]);
}

#[test]
fn files_are_the_servers_alone_and_named_after_time_and_instance() {
    let house = House::new();
    assert!(house.segments().is_empty());
    house.run(|running| {
        assert!(house.segments().is_empty(), "nothing to write, no segment");
        running.record(call("tool"));
    });
    let folder = house.audit_folder();
    let segment = folder.join("logs-dev-20240101T000000-one.jsonl");
    assert_eq!(house.segments(), [segment.as_path()]);
    for (path, mode) in [
        (folder.as_path(), 0o700),
        (&segment, 0o600),
        (&folder.join("logs-dev_schemas.jsonl"), 0o600),
    ] {
        let permissions = fs::metadata(path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn the_schema_is_registered_once() {
    let house = House::new();
    let path = house.audit_folder().join("logs-dev_schemas.jsonl");
    house.run(|_| {});
    house.run(|running| running.record(call("tool")));
    let schemas = fs::read_to_string(&path).unwrap();
    assert_eq!(schemas.lines().count(), 1);
    let schema: Value = serde_json::from_str(&schemas).unwrap();
    assert_eq!(
        (
            &schema["schema_name"],
            &schema["version"],
            &schema["retention_days"]
        ),
        (&json!("mxcp.endpoints"), &json!(2), &json!(90))
    );
    assert_eq!(schema["created_at"], "2024-01-01T00:00:00.000000+00:00");
    fs::write(
        &path,
        "{\"schema_name\": \"mxcp.endpoints\", \"version\": 1}\n{\"torn",
    )
    .unwrap();
    house.run(|_| {});
    let schemas = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = schemas.lines().collect();
    assert_eq!(lines.len(), 3, "another version and a torn line are not ours");
    assert_eq!(lines[1], "{\"torn");
}

#[test]
fn segments_rotate_before_they_are_too_large() {
    let mut house = House::new();
    house.settings.max_file_size = 2_500;
    let names: Vec<_> = (0..20).map(|number| format!("tool_{number:02}")).collect();
    let large = "x".repeat(3_000);
    house.run(|running| {
        for name in &names {
            running.record(call(name));
        }
        running.flush().unwrap();
        let mut record = record(OperationType::Tool, "large");
        record.error = Some(large.clone());
        running.record(RecordEvent::plain(record));
        running.record(call("after"));
    });
    let mut sizes: Vec<_> = house
        .segments()
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert!(
        sizes.pop().unwrap() > 3_000,
        "the large record has one of its own"
    );
    assert!(sizes.iter().all(|size| *size <= 2_500), "{sizes:?}");
    assert!(sizes.len() >= 8, "{sizes:?}");
    let mut written = house.names();
    written.sort();
    let mut expected = names;
    expected.extend(["large".to_owned(), "after".to_owned()]);
    expected.sort();
    assert_eq!(written, expected);
}

#[test]
fn many_callers_at_once_lose_nothing() {
    let house = House::new();
    let report = house.run(|running| {
        thread::scope(|scope| {
            for caller in 0..4 {
                let log = running.logger.log.clone();
                scope.spawn(move || {
                    for number in 0..250 {
                        log.record(call(&format!("{caller}/{number:03}"))).unwrap();
                    }
                });
            }
        });
    });
    assert_eq!(report.status.written.tools, 1_000);
    let names = house.names();
    for caller in 0..4 {
        let own: Vec<_> = names
            .iter()
            .filter(|name| name.starts_with(&format!("{caller}/")))
            .collect();
        assert_eq!(own.len(), 250);
        assert!(own.is_sorted(), "each caller's records are in their order");
    }
}

#[test]
fn what_follows_a_write_is_collected_until_somebody_asks_for_it() {
    let mut house = House::new();
    house.settings.collect_for = Duration::from_hours(1);
    house.run(|running| {
        running.record(call("first"));
        running.flush().unwrap();
        for number in 0..100 {
            running.record(call(&format!("{number:02}")));
        }
        assert_eq!(running.logger.log.status().waiting_records, 100);
        running.flush().unwrap();
        assert_eq!(house.disk.get(|disk| disk.appends), 2);
    });
    assert_eq!(house.names().len(), 101);
}

#[test]
fn what_arrives_during_a_write_is_written_at_once() {
    let house = House::new();
    house.run(|running| {
        house.disk.set(|disk| disk.hangs = true);
        running.record(call("first"));
        house.disk.until_appends(1);
        for number in 0..100 {
            running.record(call(&format!("{number}")));
        }
        house.disk.set(|disk| disk.hangs = false);
        assert_eq!(running.flush().unwrap().written, 101);
    });
    assert_eq!(house.disk.get(|disk| disk.appends), 2);
}

/// How often the disk was synchronised after two records with a pause between them, before anybody asked for it.
fn synchronisations(policy: SyncPolicy) -> (usize, usize) {
    let mut house = House::new();
    house.settings.sync = policy;
    let mut unasked = 0;
    house.run(|running: &Running<'_>| {
        for name in ["one", "two"] {
            running.record(call(name));
            until_written(running, name);
        }
        unasked = house.disk.get(|disk| disk.synchronisations);
        running.flush().unwrap();
    });
    (unasked, house.disk.get(|disk| disk.synchronisations))
}

fn until_written(running: &Running<'_>, name: &str) {
    let count = if name == "one" { 1 } else { 2 };
    let deadline = std::time::Instant::now() + super::fixture::PATIENCE;
    while running.logger.log.status().written.tools < count {
        assert!(std::time::Instant::now() < deadline, "never written");
        thread::yield_now();
    }
}

#[test]
fn synchronisation_follows_the_policy() {
    assert_eq!(synchronisations(SyncPolicy::WhenFull), (0, 1));
    assert_eq!(
        synchronisations(SyncPolicy::Every(Duration::from_hours(1))),
        (0, 1)
    );
    let (unasked, in_the_end) = synchronisations(SyncPolicy::EachBatch);
    // The second may still be on its way when its record counts as written.
    assert!((1..=2).contains(&unasked), "{unasked}");
    assert_eq!(in_the_end, 2);
    let (_, in_the_end) = synchronisations(SyncPolicy::Every(Duration::ZERO));
    assert_eq!(in_the_end, 2);
}

#[test]
fn an_instance_id_is_a_plain_word() {
    assert_eq!(InstanceId::parse("web1").unwrap().to_string(), "web1");
    for wrong in ["", "Web", "a-b", "../x", "é", &"a".repeat(33)] {
        assert_eq!(InstanceId::parse(wrong), Err(InvalidInstanceId), "{wrong}");
    }
    let generated = InstanceId::generate(&SeededRandomness::new(1)).unwrap();
    assert_eq!(InstanceId::parse(&generated.to_string()), Ok(generated));
}
