//! What an operator sees of a failed operation: one line and one number.

use std::sync::Mutex;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use log::{Level, LevelFilter, Log, Metadata, Record};
use mxcp_actors::domain::clock::FixedClock;
use mxcp_actors::domain::grant::{GrantEnd, GrantId};
use mxcp_actors::domain::randomness::SystemRandomness;
use mxcp_actors::store::StoreError;
use mxcp_actors::store::diesel::{StoreFailures, StoreLimits};
use mxcp_actors::store::open::{KeySettings, open};

use crate::server::{PATIENT, Place, START};

/// Only a lock that is never given back is not waited for.
const LIMITS: StoreLimits = StoreLimits {
    lock_wait: Duration::from_millis(100),
    ..PATIENT
};

/// Keeps the lines about an operation that only this file lets fail.
struct Lines(Mutex<Vec<(Level, String)>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = record.args().to_string();
        if line.contains("end grant") {
            self.0.lock().unwrap().push((record.level(), line));
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_failed_operation_is_one_line_and_is_counted() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let (place, randomness) = (Place::sqlite(), SystemRandomness::new());
    let settings = place.settings(KeySettings::default());
    let opened = open(&settings, LIMITS, &FixedClock::at(START), &randomness).unwrap();
    assert_eq!(opened.check_writable(), Ok(()));
    let mut stranger = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    stranger.batch_execute("BEGIN IMMEDIATE").unwrap();

    let grant = GrantId::generate(&randomness).unwrap();
    let ended = opened.store.end_grant(grant, START, GrantEnd::RevokedByUser);
    assert_eq!(
        ended,
        Err(StoreError::Busy {
            operation: "end grant"
        })
    );
    let expected = "store operation failed: the store is busy: end grant".to_owned();
    assert_eq!(*LINES.0.lock().unwrap(), [(Level::Error, expected)]);
    assert_eq!(
        opened.failures(),
        StoreFailures {
            busy: 1,
            ..StoreFailures::default()
        }
    );
}
