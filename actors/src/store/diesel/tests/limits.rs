//! A database that is locked, slow, gone or read-only: how long a call takes, and what it answers.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};

use super::*;
use crate::store::conformance::fixtures::{at, grant, grant_id, redemption, store_code};
use crate::store::{GrantRepository, TokenRepository};

/// Each test sets the one limit that it is about to this. The others are as patient as everywhere, so that a machine that
/// does much else does not reach them first.
const SHORT: Duration = Duration::from_millis(200);

/// Far above [`SHORT`] on a crowded machine, and below the other limits.
const BOUND: Duration = Duration::from_secs(30);

fn within_bound<T>(call: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = call();
    assert!(begun.elapsed() < BOUND, "took {:?}", begun.elapsed());
    result
}

/// Asks until the answer is good, which may take a connection that is opened first.
fn answers_again(store: &DieselStore) {
    let deadline = Instant::now() + PATIENCE;
    while store.find_grant(grant_id(1)) != Ok(None) {
        assert!(Instant::now() < deadline, "the store does not come back");
    }
}

/// Asks over connections that have ended. A pool that trusts them still meets one; one that looks at them first does not.
fn meets_the_end(store: &DieselStore) {
    match store.find_grant(grant_id(1)) {
        Ok(None) | Err(StoreError::Unavailable { .. }) => {}
        other => panic!("expected no grant or no connection, got {other:?}"),
    }
}

fn unavailable_reason<T: fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unavailable { reason, .. }) => reason,
        other => panic!("expected the store to be unavailable, got {other:?}"),
    }
}

fn a_lock_that_is_never_given_back_makes_calls_busy(place: &TestPlace, lock: &str) {
    let store = place.open(StoreLimits {
        lock_wait: SHORT,
        ..PATIENT
    });
    store_code(&store, "code", 1, at(0));
    let mut stranger = place.connect(PATIENT);
    stranger.batch_execute(lock).unwrap();
    let busy = |operation| Err(StoreError::Busy { operation });
    assert_eq!(
        within_bound(|| store.insert_grant(&grant(2, "alice", at(0)))),
        busy("insert grant")
    );
    let redemption = redemption("code", ("access", "refresh"), grant_id(1), at(1));
    assert_eq!(
        within_bound(|| store.redeem_code(&redemption).map(|_| true)),
        busy("redeem code")
    );
    assert_eq!(
        store.failures(),
        StoreFailures {
            busy: 2,
            ..StoreFailures::default()
        }
    );

    stranger.batch_execute("ROLLBACK").unwrap();
    assert_eq!(store.insert_grant(&grant(2, "alice", at(0))), Ok(true));
}

#[test]
fn a_locked_sqlite_file_is_busy() {
    a_lock_that_is_never_given_back_makes_calls_busy(&TestPlace::sqlite(), "BEGIN IMMEDIATE");
}

#[test]
fn a_locked_postgresql_table_is_busy() {
    let lock = "BEGIN; LOCK TABLE grants IN EXCLUSIVE MODE";
    a_lock_that_is_never_given_back_makes_calls_busy(&TestPlace::postgresql(), lock);
}

#[test]
fn a_call_that_finds_no_free_connection_is_busy() {
    for place in [TestPlace::sqlite(), TestPlace::postgresql()] {
        let store = place.open(StoreLimits {
            connections: NonZeroU32::MIN,
            pool_wait: SHORT,
            ..PATIENT
        });
        answers_again(&store);
        let while_reading = store.read("hold the connection", |_| {
            Ok(within_bound(|| store.find_grant(grant_id(1))))
        });
        assert_eq!(
            while_reading.unwrap(),
            Err(StoreError::Busy {
                operation: "find grant"
            })
        );
        assert_eq!(store.find_grant(grant_id(1)), Ok(None));
    }
}

#[test]
fn a_slow_statement_is_given_up() {
    let store = TestPlace::postgresql().open(StoreLimits {
        statement_time: SHORT,
        ..PATIENT
    });
    let slow = within_bound(|| {
        store.read("sleep", |connection| {
            Ok(sql_query("SELECT pg_sleep(60)").execute(connection)?)
        })
    });
    assert_eq!(slow, Err(StoreError::Busy { operation: "sleep" }));
    answers_again(&store);
}

#[test]
fn lost_connections_are_replaced() {
    let place = TestPlace::postgresql();
    let store = place.open(PATIENT);
    store.find_grant(grant_id(1)).unwrap();
    place.connect(PATIENT).batch_execute(END_THE_OTHERS).unwrap();
    meets_the_end(&store);
    assert_eq!(store.find_grant(grant_id(1)), Ok(None));
}

#[test]
fn a_database_that_is_gone_is_unavailable_until_it_is_back() {
    let place = TestPlace::postgresql();
    let store = place.open(StoreLimits {
        pool_wait: SHORT,
        ..PATIENT
    });
    answers_again(&store);
    let TestPlace::Postgresql(url) = &place else {
        unreachable!()
    };
    let (_, name) = url.expose().split_once(":///").unwrap();
    let name = name.split_once('?').unwrap().0;
    let server = TestPlace::postgresql();
    let mut server = server.connect(PATIENT);
    place.connect(PATIENT).batch_execute(END_THE_OTHERS).unwrap();
    server
        .batch_execute(&format!("ALTER DATABASE {name} RENAME TO {name}_away"))
        .unwrap();

    let reason = why_unavailable(&store);
    assert!(reason.contains("does not exist"), "{reason}");
    unavailable_reason(within_bound(|| store.check_writable()));

    server
        .batch_execute(&format!("ALTER DATABASE {name}_away RENAME TO {name}"))
        .unwrap();
    answers_again(&store);
}

/// Why the database cannot be connected to. The first call may still meet the connection that was ended, and the next ones
/// may be over before the database has answered.
fn why_unavailable(store: &DieselStore) -> String {
    meets_the_end(store);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match within_bound(|| store.find_grant(grant_id(1))) {
            Err(StoreError::Unavailable { reason, .. }) => return reason,
            Err(StoreError::Busy { .. }) => assert!(Instant::now() < deadline, "busy for ever"),
            other => panic!("expected no connection, got {other:?}"),
        }
    }
}

#[test]
fn a_read_only_standby_is_not_writable() {
    let place = TestPlace::postgresql();
    let store = place.open(PATIENT);
    assert_eq!(store.check_writable(), Ok(()));
    let read_only = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;";
    let mut stranger = place.connect(PATIENT);
    stranger.batch_execute(read_only).unwrap();
    stranger.batch_execute(END_THE_OTHERS).unwrap();
    meets_the_end(&store);

    assert_eq!(
        unavailable_reason(store.check_writable()),
        "the database is read-only"
    );
    unavailable_reason(store.insert_grant(&grant(1, "alice", at(0))));
    assert_eq!(store.find_grant(grant_id(1)), Ok(None), "reading goes on");
}

#[test]
fn a_server_that_is_not_there_is_named_without_its_password() {
    let url = Secret::new("postgresql://user:canary@localhost:1/oauth");
    let refused = within_bound(|| DieselStore::open_postgresql(&url, PATIENT))
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.starts_with("PostgreSQL at localhost:1/oauth: "),
        "{refused}"
    );
    assert!(!refused.contains("canary"), "{refused}");
}

pub(super) const END_THE_OTHERS: &str = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
