//! Several servers on one database: PostgreSQL lets them decide who was first, SQLite lets the second one not in.

use std::thread;
use std::time::Instant;

use diesel::connection::SimpleConnection;

use super::*;
use crate::replica_bus::exchange::Line;
use crate::store::conformance::fixtures::{
    CROWD, access_token, all_at_once, at, count, digest, grant_id, redemption, rotation, store_active_grant,
    store_code,
};
use crate::store::tokens::{RedemptionOutcome, RotationOutcome};
use crate::store::{KeyRepository, ReplayIdentifierRepository, TokenRepository};

#[test]
fn two_replicas_redeem_a_code_once() {
    let place = TestPlace::postgresql();
    let replicas = [place.open(PATIENT), place.open(PATIENT)];
    store_code(&replicas[0], "code", 1, at(0));
    let outcomes = all_at_once(|number| {
        let (access, refresh) = (format!("access {number}"), format!("refresh {number}"));
        let redemption = redemption("code", (&access, &refresh), grant_id(1), at(1));
        replicas[number % 2].redeem_code(&redemption).unwrap()
    });
    assert_eq!(count(&outcomes, &RedemptionOutcome::Redeemed), 1);
    assert_eq!(count(&outcomes, &RedemptionOutcome::AlreadyConsumed), CROWD - 1);
    let winner = outcomes
        .iter()
        .position(|outcome| *outcome == RedemptionOutcome::Redeemed)
        .unwrap();
    let stored = |number: &usize| {
        let found = replicas[1].find_access_token(&digest(&format!("access {number}")));
        found.unwrap().is_some()
    };
    assert_eq!((0..CROWD).filter(stored).collect::<Vec<_>>(), [winner]);
}

#[test]
fn two_replicas_rotate_a_token_once() {
    let place = TestPlace::postgresql();
    let replicas = [place.open(PATIENT), place.open(PATIENT)];
    let id = store_active_grant(&replicas[0], 1, ("access 0", "refresh 0"), at(0));
    let outcomes = all_at_once(|number| {
        let rotation = rotation("refresh 0", ("access 1", "refresh 1"), id, at(1));
        replicas[number % 2].rotate(&rotation).unwrap()
    });
    assert_eq!(count(&outcomes, &RotationOutcome::Rotated), 1);
    assert_eq!(count(&outcomes, &RotationOutcome::AlreadyRotated), CROWD - 1);
    let found = replicas[1].find_access_token(&digest("access 1")).unwrap();
    assert_eq!(
        found.map(|(token, _)| token),
        Some(access_token("access 1", Some("refresh 1"), id, at(1)))
    );
}

#[test]
fn replicas_may_start_together() {
    let place = TestPlace::postgresql();
    thread::scope(|scope| {
        let start = || place.open(PATIENT).known_keys();
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        for start in starts {
            assert_eq!(start.join().unwrap(), Ok(Vec::new()));
        }
    });
}

#[test]
fn one_replica_sweeps_at_a_time() {
    let place = TestPlace::postgresql();
    let store = place.open(PATIENT);
    store.remember_identifier(&digest("jti"), at(1), at(0)).unwrap();
    let mut other = place.connect(PATIENT);
    let lock = SweepLock::ReplayIdentifiers as i32;
    let same_sweep = format!(
        "BEGIN; SELECT pg_advisory_xact_lock({}, {lock})",
        sweep::ADVISORY_LOCKS
    );
    other.batch_execute(&same_sweep).unwrap();
    assert_eq!(store.delete_expired_identifiers(at(9), 10), Ok(0));
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(store.delete_expired_identifiers(at(9), 10), Ok(1));
}

#[test]
fn a_second_server_on_an_sqlite_file_is_refused() {
    let place = TestPlace::sqlite();
    let TestPlace::Sqlite(folder) = &place else {
        unreachable!()
    };
    let first = place.open(PATIENT);
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(folder.path().join("oauth.db"), &link).unwrap();
    for path in [folder.path().join("oauth.db"), link] {
        let refused = DieselStore::open_sqlite(&path, PATIENT).err().unwrap();
        let own_process = std::process::id().to_string();
        assert!(
            matches!(&refused, OpenDatabaseError::File(SqliteFileError::InUse { process, .. }) if *process == own_process),
            "{refused}"
        );
    }
    drop(first);
    place.open(PATIENT);
}

fn exchange(place: &TestPlace) -> Arc<dyn Exchange> {
    place.open(PATIENT).replica_exchange().unwrap()
}

/// The next texts, so many at least. Notifications come when they come; the line does not wait for them.
fn received(line: &mut dyn Line, count: usize) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut texts = Vec::new();
    while texts.len() < count {
        texts.extend(line.receive().unwrap());
        assert!(Instant::now() < deadline, "received {texts:?} only");
        thread::yield_now();
    }
    texts
}

#[test]
fn replicas_hear_each_other_and_not_themselves() {
    let place = TestPlace::postgresql();
    let exchange = exchange(&place);
    let [mut one, mut two] = ["one", "two"].map(|replica| exchange.connect(replica).unwrap());
    one.say(&["first".to_owned(), "it's \"second\"".to_owned()], at(1))
        .unwrap();
    assert_eq!(received(two.as_mut(), 2), ["first", "it's \"second\""]);
    two.say(&["answer".to_owned()], at(2)).unwrap();
    assert_eq!(
        received(one.as_mut(), 1),
        ["answer"],
        "and nothing of its own before it"
    );
    assert_eq!(two.receive(), Ok(Vec::new()));
}

#[test]
fn messages_are_forgotten_and_other_notifications_ignored() {
    let place = TestPlace::postgresql();
    let exchange = exchange(&place);
    let [mut one, mut two] = ["one", "two"].map(|replica| exchange.connect(replica).unwrap());
    let mut stranger = place.connect(PATIENT);
    let noise = "NOTIFY mxcp_actor_replicas, 'DROP TABLE'; NOTIFY mxcp_actor_replicas, '999'";
    stranger.batch_execute(noise).unwrap();
    one.say(&["old".to_owned()], at(1)).unwrap();
    one.forget(at(1)).unwrap();
    one.say(&["new".to_owned()], at(2)).unwrap();
    assert_eq!(received(two.as_mut(), 1), ["new"]);
}

#[test]
fn a_line_that_was_cut_says_so() {
    let place = TestPlace::postgresql();
    let exchange = exchange(&place);
    let mut line = exchange.connect("one").unwrap();
    place
        .connect(PATIENT)
        .batch_execute(limits::END_THE_OTHERS)
        .unwrap();
    line.receive().and_then(|_| line.receive()).unwrap_err();
    line.say(&["late".to_owned()], at(1)).unwrap_err();
    exchange.connect("one").unwrap();
}

#[test]
fn an_sqlite_file_has_no_other_replicas() {
    let place = TestPlace::sqlite();
    assert!(place.open(PATIENT).replica_exchange().is_none());
}
