//! More events than the disk can take.

use super::fixture::{House, Running, authentication, call, denial, logged, record};
use crate::audit_logger::messages::{AuditedOutput, RecordEvent};
use crate::audit_logger::redaction::RedactionRules;
use crate::audit_logger::settings::Overflow;
use crate::audit_logger::status::RecordCounts;
use crate::domain::audit_event::{AuthenticationEvent, OperationType};
use crate::error::CallError;
use log::Level;
use proptest::prelude::*;

/// Lets the writer hang with one record in its hands.
fn stall(house: &House, running: &Running<'_>) {
    house.disk.set(|disk| disk.hangs = true);
    running.record(call("held"));
    house.disk.until_appends(1);
}

#[test]
fn ordinary_records_are_dropped_and_counted_by_kind() {
    let house = House::with_place_for(100, 10);
    let report = house.run(|running| {
        stall(&house, running);
        for _ in 0..95 {
            running.record(call("call"));
        }
        running.record(RecordEvent::plain(record(OperationType::Resource, "resource")));
        let status = running.logger.log.status();
        assert_eq!(
            (
                status.waiting_records,
                status.accepted.tools,
                status.dropped.tools
            ),
            (90, 90, 6)
        );
        assert_eq!(status.dropped.resources, 1);
        house.disk.set(|disk| disk.hangs = false);
    });
    assert_eq!((report.status.written.tools, report.status.lost.total()), (90, 0));
    assert_eq!((house.records().len(), report.status.waiting_records), (90, 0));
}

#[test]
fn denials_and_logins_have_a_part_of_their_own_and_then_the_log() {
    let house = House::with_place_for(100, 10);
    let report = house.run(|running| {
        stall(&house, running);
        for _ in 0..100 {
            running.record(call("call"));
        }
        for number in 0..8 {
            running.record(denial(&format!("reserved_{number}")));
        }
        running.record(authentication(AuthenticationEvent::LoginSucceeded, "reserved"));
        running.record(authentication(AuthenticationEvent::TokenRevoked, "reserved"));
        running.record(denial("diverted_denial"));
        running.record(authentication(
            AuthenticationEvent::TokenRefreshed,
            "diverted\u{2028}event",
        ));
        house.disk.set(|disk| disk.hangs = false);
    });
    let status = report.status;
    assert_eq!((status.written.tools, status.written.authentication), (98, 2));
    assert_eq!((status.diverted.tools, status.diverted.authentication), (1, 1));
    let lines: Vec<_> = ["\"diverted_denial\"", "diverted\\u2028event"]
        .into_iter()
        .flat_map(logged)
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (level, line) in lines {
        assert_eq!(level, Level::Error);
        let (_, json) = line.split_once("it stands here: ").unwrap();
        let record: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(record["schema_name"], "mxcp.endpoints");
    }
}

#[test]
fn with_refuse_a_record_without_place_is_an_error_but_a_denial_never() {
    let mut house = House::with_place_for(10, 10);
    house.settings.overflow = Overflow::Refuse;
    let report = house.run(|running| {
        stall(&house, running);
        let outcomes: Vec<_> = (0..10)
            .map(|_| running.logger.log.record(call("call")).is_ok())
            .collect();
        assert_eq!(outcomes.iter().filter(|is_ok| **is_ok).count(), 8);
        let refused = running.logger.log.record(call("refused")).unwrap_err();
        assert!(matches!(refused, CallError::Busy { .. }));
        running.record(denial("denied_in_reserve"));
        running.record(denial("denied_when_full"));
        house.disk.set(|disk| disk.hangs = false);
    });
    assert_eq!((report.status.refused.tools, report.status.dropped.tools), (3, 0));
    assert_eq!(
        (report.status.diverted.tools, report.status.written.tools),
        (1, 10)
    );
    assert!(house.names().contains(&"denied_in_reserve".to_owned()));
}

#[test]
fn a_full_buffer_is_said_once_at_its_begin_and_once_at_its_end() {
    let house = House::with_place_for(137, 10);
    house.run(|running| {
        stall(&house, running);
        for _ in 0..137 + 64 {
            running.record(call("call"));
        }
        house.disk.set(|disk| disk.hangs = false);
        running.flush().unwrap();
    });
    // 13 places are reserved, and one record was in the writer's hands.
    for line in [
        "the buffer is full with 124 records of ",
        "the buffer has place again; 78 records found none",
    ] {
        let lines = logged(line);
        assert_eq!((lines.len(), lines[0].0), (1, Level::Error), "{line}");
    }
}

#[test]
fn a_promised_place_is_kept_however_full_it_gets() {
    let mut house = House::with_place_for(100, 0);
    house.settings.overflow = Overflow::Refuse;
    let report = house.run(|running| {
        let log = &running.logger.log;
        stall(&house, running);
        let places: Vec<_> = (0..99).map(|_| log.place().unwrap()).collect();
        assert_eq!(log.status().promised_places, 99);
        assert!(matches!(log.place(), Err(CallError::Busy { .. })));
        assert!(log.record(call("without a place")).is_err());
        let mut places = places.into_iter();
        drop(places.next());
        log.record(call("in the place that was given back")).unwrap();
        for place in places {
            place.record(call("promised"));
        }
        house.disk.set(|disk| disk.hangs = false);
    });
    assert_eq!(report.status.written.tools, 100);
    assert_eq!((report.status.refused_calls, report.status.refused.tools), (1, 1));
    assert_eq!(report.status.promised_places, 0);
}

#[test]
fn places_are_promised_in_bytes_too() {
    let mut house = House::new();
    house.settings.overflow = Overflow::Refuse;
    house.settings.buffer.bytes = 10 * house.settings.buffer.record_bytes;
    house.settings.buffer.reserved_percent = 0;
    house.run(|running| {
        let places: Vec<_> = (0..20).map(|_| running.logger.log.place()).collect();
        assert_eq!(places.iter().filter(|place| place.is_ok()).count(), 10);
    });
}

#[test]
fn with_count_there_is_always_a_place() {
    let house = House::with_place_for(1, 0);
    let report = house.run(|running| {
        stall(&house, running);
        running.logger.log.place().unwrap().record(call("dropped"));
        house.disk.set(|disk| disk.hangs = false);
    });
    assert_eq!(report.status.dropped.tools, 1);
    assert_eq!(house.names(), ["held"]);
}

#[test]
fn a_record_that_is_too_large_costs_only_itself() {
    let house = House::new();
    let rows = serde_json::to_vec(&vec![serde_json::json!({"text": "y".repeat(100)}); 50_000]).unwrap();
    let report = house.run(|running| {
        running.record(call("before"));
        running.record(RecordEvent {
            record: record(OperationType::Tool, "large"),
            output: AuditedOutput::Encoded(&rows),
            redaction: RedactionRules::NONE,
        });
        running.record(call("after"));
    });
    assert_eq!(house.names(), ["before", "large", "after"]);
    assert_eq!(report.status.shortened, 1);
    let output = &house.records()[1]["output_data"];
    let beginning = output["beginning"].as_array().unwrap();
    let kept: usize = beginning.iter().map(|row| row.to_string().len()).sum();
    assert_eq!(output["truncated"], true);
    assert_eq!(output["total_bytes"], rows.len());
    assert_eq!(output["kept_bytes"], kept);
    assert!((10_000..17_000).contains(&kept), "{kept}");
}

#[test]
fn after_the_stop_denials_still_reach_the_log() {
    for overflow in [Overflow::Count, Overflow::Refuse] {
        let mut house = House::new();
        house.settings.overflow = overflow;
        let mut log = None;
        house.run(|running| log = Some(running.logger.log.clone()));
        let log = log.unwrap();
        let name = format!("late_{overflow:?}");
        log.record(denial(&name)).unwrap();
        let diverted = logged(&format!("\"{name}\""));
        assert_eq!((diverted.len(), diverted[0].0), (1, Level::Error));
        let ordinary = log.record(call("late"));
        let place = log.place().err();
        match overflow {
            Overflow::Count => assert_eq!((ordinary, place), (Ok(()), None)),
            Overflow::Refuse => assert_eq!(
                (ordinary, place),
                (Err(CallError::Stopped), Some(CallError::Stopped))
            ),
        }
        let status = log.status();
        assert_eq!(status.dropped.total() + status.refused.total(), 1);
        assert!(house.records().is_empty());
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Call,
    Denial,
    Promise,
    Use,
    GiveUp,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_record_is_counted_once_and_bounds_hold(
        steps in prop::collection::vec(
            prop_oneof![Just(Step::Call), Just(Step::Denial), Just(Step::Promise), Just(Step::Use), Just(Step::GiveUp)],
            0..80,
        ),
        refuses: bool,
        records in 1_usize..30,
        reserved_percent in 0_usize..60,
    ) {
        let mut house = House::with_place_for(records, reserved_percent);
        house.settings.overflow = if refuses { Overflow::Refuse } else { Overflow::Count };
        let mut offered = 0;
        let report = house.run(|running| {
            house.disk.set(|disk| disk.hangs = true);
            let log = &running.logger.log;
            let mut places = Vec::new();
            for step in steps {
                match step {
                    Step::Call | Step::Denial => {
                        offered += 1;
                        let event = if matches!(step, Step::Call) { call("c") } else { denial("d") };
                        log.record(event).ok();
                    }
                    Step::Promise => places.extend(log.place().ok()),
                    Step::Use => if let Some(place) = places.pop() {
                        offered += 1;
                        place.record(call("p"));
                    },
                    Step::GiveUp => drop(places.pop()),
                }
                let status = log.status();
                assert!(status.waiting_records + status.promised_places <= records);
            }
            house.disk.set(|disk| disk.hangs = false);
        });
        let status = report.status;
        let all = [status.accepted, status.dropped, status.refused, status.diverted];
        prop_assert_eq!(all.iter().map(RecordCounts::total).sum::<u64>(), offered);
        prop_assert_eq!(status.written, status.accepted);
        prop_assert_eq!(house.records().len() as u64, status.written.total());
        prop_assert_eq!((status.waiting_records, status.waiting_bytes, status.promised_places), (0, 0, 0));
    }
}
