//! A disk that is full, a folder that is gone, a writer that ends.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use actix::System;
use log::Level;

use super::fixture::{House, PATIENCE, call, denial, logged};
use crate::audit_logger::actor::LaunchError;
use crate::audit_logger::reading::{AuditFilter, read_log};
use crate::audit_logger::segments::SegmentAction;
use crate::error::CallError;

#[test]
fn a_full_disk_loses_nothing_once_it_has_room_again() {
    let house = House::new();
    let report = house.run(|running| {
        running.record(call("before"));
        running.flush().unwrap();
        house.disk.set(|disk| disk.room = Some(100));
        running.record(call("first"));
        let failure = running.flush().unwrap_err();
        assert_eq!(
            (failure.action, failure.kind),
            (SegmentAction::Write, ErrorKind::StorageFull)
        );
        running.record(call("second"));
        running.flush().unwrap_err();
        let status = running.logger.log.status();
        assert!(status.is_failing && status.failed_writes >= 2);
        assert_eq!((status.written.tools, status.waiting_records), (1, 2));
        assert_eq!(house.names(), ["before"], "the half-written line is cut off");
        house.disk.set(|disk| disk.room = None);
        assert_eq!(running.flush().unwrap().written, 3);
        assert!(!running.logger.log.status().is_failing);
    });
    assert_eq!(house.names(), ["before", "first", "second"]);
    assert_eq!((house.segments().len(), report.status.lost.total()), (1, 0));
    let path = house.segments()[0].display().to_string();
    let lines = logged(&format!("cannot write to the segment {path}"));
    assert_eq!(lines.len(), 1, "one line however often it is tried");
    assert_eq!(lines[0].0, Level::Error);
}

#[test]
fn a_line_that_cannot_be_cut_off_ends_its_segment() {
    let house = House::new();
    house.run(|running| {
        running.record(call("before"));
        running.flush().unwrap();
        house.disk.set(|disk| {
            disk.room = Some(100);
            disk.cannot_cut_back = true;
        });
        running.record(call("torn"));
        running.flush().unwrap_err();
        house.disk.set(|disk| disk.room = None);
        running.record(call("after"));
        running.flush().unwrap();
    });
    let torn = house.segments().len() as u64 - 1;
    assert!((1..=2).contains(&torn), "one for each attempt: {torn}");
    let mut reader = read_log(&house.settings.base_path, AuditFilter::default()).unwrap();
    let mut names: Vec<_> = reader.by_ref().map(|record| record.operation_name).collect();
    names.sort();
    assert_eq!(names, ["after", "before", "torn"]);
    assert_eq!(reader.skipped().torn_lines, torn);
}

#[test]
fn a_folder_that_was_removed_is_made_again() {
    let house = House::new();
    house.run(|running| {
        running.record(call("gone"));
        running.flush().unwrap();
        fs::remove_dir_all(house.audit_folder()).unwrap();
        running.record(call("second"));
        running.flush().unwrap();
        assert_eq!(house.names(), ["second"]);
        assert!(house.audit_folder().join("logs-dev_schemas.jsonl").exists());
        fs::rename(&house.segments()[0], house.audit_folder().join("archived")).unwrap();
        running.record(call("third"));
    });
    let segment = house.audit_folder().join("logs-dev-20240101T000000-one.jsonl");
    assert!(fs::read_to_string(segment).unwrap().contains("third"));
}

#[test]
fn a_folder_that_cannot_be_made_is_tried_again() {
    let house = House::new();
    let report = house.run(|running| {
        fs::remove_dir_all(house.audit_folder()).unwrap();
        fs::write(house.audit_folder(), "in the way").unwrap();
        running.record(call("waiting"));
        let failure = running.flush().unwrap_err();
        assert_eq!(failure.action, SegmentAction::CreateFolder);
        fs::remove_file(house.audit_folder()).unwrap();
        running.flush().unwrap();
    });
    assert_eq!(house.names(), ["waiting"]);
    assert_eq!(report.status.lost.total(), 0);
}

#[test]
fn a_log_that_can_never_write_does_not_start() {
    let house = House::new();
    fs::write(house.audit_folder(), "in the way").unwrap();
    let refused = System::new().block_on(async { house.launch().err() });
    let message = refused.map(|error| error.to_string()).unwrap();
    let folder = house.audit_folder().display().to_string();
    assert!(
        message.starts_with(&format!("audit log: cannot create the folder {folder}: ")),
        "{message}"
    );
    assert!(message.ends_with("or set audit.enabled: false"), "{message}");
    assert!(matches!(
        System::new().block_on(async { house.launch().err() }),
        Some(LaunchError::Segments(_))
    ));
}

#[test]
fn stopping_with_a_full_disk_reports_the_loss_and_saves_denials() {
    let house = House::new();
    let report = house.run(|running| {
        house.disk.set(|disk| disk.room = Some(0));
        running.record(call("lost"));
        running.flush().unwrap_err();
        running.record(denial("denied_on_a_full_disk"));
    });
    assert!(report.is_complete);
    assert_eq!((report.status.lost.tools, report.status.written.tools), (2, 0));
    assert_eq!(report.status.waiting_records, 0);
    let lines = logged("\"denied_on_a_full_disk\"");
    assert_eq!((lines.len(), lines[0].0), (1, Level::Error));
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let house = House::new();
    System::new().block_on(async {
        let logger = house.launch().unwrap();
        house.disk.set(|disk| disk.hangs = true);
        logger.log.record(call("stuck")).unwrap();
        house.disk.until_appends(1);
        let report = logger.stop(Duration::from_millis(20));
        assert!(!report.is_complete);
        assert_eq!(report.status.waiting_records, 1);
        house.disk.set(|disk| disk.hangs = false);
    });
}

#[test]
fn a_writer_that_panics_holds_nobody_up() {
    let house = House::new();
    System::new().block_on(async {
        let logger = house.launch().unwrap();
        house.disk.set(|disk| disk.panics = true);
        logger.log.record(denial("denied_before_the_panic")).unwrap();
        house.disk.until_appends(1);
        assert_eq!(
            logger.handle.ask(crate::audit_logger::messages::FlushLog).await,
            Err(CallError::Stopped)
        );
        logger.log.record(denial("denied_after_the_panic")).unwrap();
        let report = logger.stop(PATIENCE);
        assert!(report.is_complete);
        assert_eq!((report.status.lost.tools, report.status.diverted.tools), (1, 1));
    });
    for name in ["denied_before_the_panic", "denied_after_the_panic"] {
        assert_eq!(logged(&format!("\"{name}\"")).len(), 1, "{name}");
    }
}
