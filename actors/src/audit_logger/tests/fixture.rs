//! A running audit log in a folder of its own, a disk that fails on demand, and the lines of the server's own log.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::time::Duration;

use actix::System;
use log::Level;
use serde_json::Value;
use tempfile::TempDir;

use crate::audit_logger::actor::{AuditLogger, LaunchError, RunningAuditLogger, StopReport};
use crate::audit_logger::disk::{Disk, FileSystem};
use crate::audit_logger::messages::{FlushLog, FlushReport, RecordEvent};
use crate::audit_logger::segment_name::InstanceId;
use crate::audit_logger::segments::SegmentError;
use crate::audit_logger::settings::{AuditLoggerSettings, BufferLimits};
use crate::domain::audit_event::{
    AuditRecord, AuditedOperation, AuthenticationEvent, CallerType, OperationStatus, OperationType,
    PolicyDecision,
};
use crate::domain::clock::{FixedClock, Timestamp};
use crate::domain::randomness::SeededRandomness;
use crate::error::CallError;

/// Longer than any of these tests needs; reached only when one fails.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// 2024-01-01T00:00:00Z
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_704_067_200);

pub(super) fn record(operation_type: OperationType, name: &str) -> AuditRecord {
    let operation = AuditedOperation {
        operation_type,
        name: name.to_owned(),
        status: OperationStatus::Success,
        duration: Duration::from_millis(7),
        caller_type: CallerType::Http,
        policy_decision: None,
    };
    AuditRecord::new(operation, NOW, &SeededRandomness::new(1)).unwrap()
}

pub(super) fn call(name: &str) -> RecordEvent<'static> {
    RecordEvent::plain(record(OperationType::Tool, name))
}

pub(super) fn denial(name: &str) -> RecordEvent<'static> {
    let mut record = record(OperationType::Tool, name);
    record.operation_status = OperationStatus::Error;
    record.policy_decision = Some(PolicyDecision::Deny);
    RecordEvent::plain(record)
}

pub(super) fn authentication(event: AuthenticationEvent, user: &str) -> RecordEvent<'static> {
    let operation = AuditedOperation::authentication(event, OperationStatus::Success);
    let mut record = AuditRecord::new(operation, NOW, &SeededRandomness::new(1)).unwrap();
    record.user.user_name = Some(user.to_owned());
    RecordEvent::plain(record)
}

/// What the disk does.
#[derive(Default)]
pub(super) struct Behaviour {
    /// Writes wait until this is over.
    pub(super) hangs: bool,
    /// Bytes left on it.
    pub(super) room: Option<usize>,
    /// A failed write stays where it is.
    pub(super) cannot_cut_back: bool,
    pub(super) panics: bool,
    /// What it was asked.
    pub(super) appends: usize,
    pub(super) synchronisations: usize,
}

/// The file system, with a will of its own.
#[derive(Clone, Default)]
pub(super) struct TestDisk(Arc<(Mutex<Behaviour>, Condvar)>);

impl TestDisk {
    pub(super) fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    pub(super) fn get<T>(&self, read: impl FnOnce(&Behaviour) -> T) -> T {
        read(&self.0.0.lock().unwrap())
    }

    /// Waits until that many writes have begun.
    pub(super) fn until_appends(&self, count: usize) {
        let guard = self.0.0.lock().unwrap();
        let waited = self
            .0
            .1
            .wait_timeout_while(guard, PATIENCE, |state| state.appends < count);
        assert!(!waited.unwrap().1.timed_out(), "the writer never came");
    }
}

impl Disk for TestDisk {
    type File = File;

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        FileSystem.create_folder(folder)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        FileSystem.create(path)
    }

    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.0.lock().unwrap();
        state.appends += 1;
        self.0.1.notify_all();
        let mut state = self.0.1.wait_while(state, |state| state.hangs).unwrap();
        if std::mem::take(&mut state.panics) {
            drop(state);
            panic!("as the test asked");
        }
        match state.room {
            Some(room) if room < bytes.len() => {
                FileSystem.append(file, &bytes[..room])?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            _ => FileSystem.append(file, bytes),
        }
    }

    fn cut_back(&self, file: &mut File, length: u64) -> io::Result<()> {
        if self.get(|state| state.cannot_cut_back) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        FileSystem.cut_back(file, length)
    }

    fn synchronise(&self, file: &mut File) -> io::Result<()> {
        self.set(|state| state.synchronisations += 1);
        FileSystem.synchronise(file)
    }

    fn is_in_place(&self, file: &File, path: &Path) -> bool {
        FileSystem.is_in_place(file, path)
    }
}

/// A folder, and the settings of a log in it.
pub(super) struct House {
    folder: TempDir,
    pub(super) disk: TestDisk,
    pub(super) settings: AuditLoggerSettings,
}

impl House {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = AuditLoggerSettings::new(
            folder.path().join("audit/logs-dev.jsonl"),
            InstanceId::parse("one").unwrap(),
        );
        // Only a flush makes another attempt, so that a test says when.
        settings.retry_interval = Duration::from_hours(1);
        settings.sync = crate::audit_logger::settings::SyncPolicy::WhenFull;
        Self {
            folder,
            disk: TestDisk::default(),
            settings,
        }
    }

    /// With place for so few records, of which `reserved_percent` is reserved.
    pub(super) fn with_place_for(records: usize, reserved_percent: usize) -> Self {
        let mut house = Self::new();
        house.settings.buffer = BufferLimits {
            records,
            reserved_percent,
            ..BufferLimits::default()
        };
        house
    }

    /// Runs the log while `act` uses it, and stops it.
    pub(super) fn run(&self, act: impl FnOnce(&Running<'_>)) -> StopReport {
        let system = System::new();
        let logger = system.block_on(async { self.launch() }).unwrap();
        let running = Running {
            logger,
            system: &system,
        };
        act(&running);
        running.logger.stop(PATIENCE)
    }

    /// Starts the log; needs a running arbiter.
    pub(super) fn launch(&self) -> Result<RunningAuditLogger, LaunchError> {
        capture_log();
        AuditLogger::launch_on(&self.settings, self.disk.clone(), Arc::new(FixedClock::at(NOW)))
    }

    pub(super) fn audit_folder(&self) -> PathBuf {
        self.folder.path().join("audit")
    }

    /// The segments, by name.
    pub(super) fn segments(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.audit_folder()) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut segments: Vec<_> = paths
            .filter(|path| !path.to_string_lossy().ends_with("_schemas.jsonl"))
            .collect();
        segments.sort();
        segments
    }

    /// All records in the order of the segments' names; each line must be JSON.
    pub(super) fn records(&self) -> Vec<Value> {
        let text: String = self
            .segments()
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The names of all operations in the segments.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |record: &Value| record["operation_name"].as_str().unwrap().to_owned();
        self.records().iter().map(name).collect()
    }
}

pub(super) struct Running<'a> {
    pub(super) logger: RunningAuditLogger,
    system: &'a actix::SystemRunner,
}

impl Running<'_> {
    pub(super) fn record(&self, event: RecordEvent<'_>) {
        self.logger.log.record(event).unwrap();
    }

    pub(super) fn flush(&self) -> Result<FlushReport, SegmentError> {
        self.ask_for_flush().unwrap()
    }

    pub(super) fn ask_for_flush(&self) -> Result<Result<FlushReport, SegmentError>, CallError> {
        self.system.block_on(self.logger.handle.ask(FlushLog))
    }
}

struct Capture(Mutex<Vec<(Level, String)>>);

static CAPTURE: Capture = Capture(Mutex::new(Vec::new()));

impl log::Log for Capture {
    fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0
            .lock()
            .unwrap()
            .push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

/// Keeps the log lines of this process from now on.
pub(super) fn capture_log() {
    static INSTALLED: Once = Once::new();
    // Whoever comes meanwhile waits until the level is set as well.
    INSTALLED.call_once(|| {
        log::set_logger(&CAPTURE).unwrap();
        log::set_max_level(log::LevelFilter::Info);
    });
}

/// The log lines that contain a text. Tests run at once, so each looks for a text of its own.
pub(super) fn logged(text: &str) -> Vec<(Level, String)> {
    let lines = CAPTURE.0.lock().unwrap();
    lines
        .iter()
        .filter(|(_, line)| line.contains(text))
        .cloned()
        .collect()
}
