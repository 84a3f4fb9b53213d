//! A cancelled query stops wherever it is, and the next one on the same connection is unharmed.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::limits::{LimitExceeded, ResultLimits};
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::json;

use crate::fixture::{owner, run_within, session, user};

/// Far more than the engine needs; a lost cancel would take minutes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Long before its first row: an aggregate over a product.
const NO_FIRST_ROW: &str =
    "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";
/// Rows at once and without end.
const ENDLESS_ROWS: &str = "SELECT a.range AS x FROM range(1000000) a, range(1000000) b";

fn unlimited() -> ResultLimits {
    ResultLimits {
        max_rows: u64::MAX,
        max_result_bytes: u64::MAX,
    }
}

/// Runs `sql` on another thread, calls `meanwhile`, and answers what became of the query, and the session.
fn run_and(
    sql: &'static str,
    token: &CancelToken,
    meanwhile: impl FnOnce(),
) -> (Result<u64, QueryError>, Session) {
    let (sender, receiver) = mpsc::channel();
    let worker_token = token.clone();
    thread::spawn(move || {
        let mut session = session();
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let query = Query {
            source: Source::Owner(&statement),
            parameters: &[],
            caller: user("ada"),
            plan: &OutputPlan::rows(),
            limits: unlimited(),
        };
        let outcome = session.run(&query, &worker_token).map(|answer| answer.rows);
        sender.send((outcome, session)).unwrap();
    });
    meanwhile();
    receiver.recv_timeout(PATIENCE).unwrap()
}

/// Lets time pass: where a query is when the cancel comes is the point of these tests, a moment and not an event.
fn pass(delay: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    assert_eq!(never.recv_timeout(delay), Err(mpsc::RecvTimeoutError::Timeout));
}

fn assert_stopped(sql: &'static str, delay: Duration) {
    let token = CancelToken::new();
    let (outcome, mut session) = run_and(sql, &token, || {
        pass(delay);
        token.cancel(CancelReason::ClientGone);
    });
    assert_eq!(
        outcome.unwrap_err(),
        QueryError::Cancelled(CancelReason::ClientGone),
        "after {delay:?}"
    );
    assert_eq!(owner(&mut session, "SELECT 1 AS x").unwrap(), json!([{ "x": 1 }]));
}

#[test]
fn a_cancel_reaches_a_query_at_any_moment() {
    let early = (0..40).map(|step| step * 25);
    for micros in early.chain([1_500, 5_000, 50_000, 200_000]) {
        assert_stopped(NO_FIRST_ROW, Duration::from_micros(micros));
        assert_stopped(ENDLESS_ROWS, Duration::from_micros(micros));
    }
}

#[test]
fn a_token_that_was_tripped_before_stops_the_query_before_it_starts() {
    let token = CancelToken::new();
    token.cancel(CancelReason::Shutdown);
    let (outcome, _session) = run_and(NO_FIRST_ROW, &token, || {});
    assert_eq!(
        outcome.unwrap_err(),
        QueryError::Cancelled(CancelReason::Shutdown)
    );
}

#[test]
fn an_answer_that_ends_at_a_limit_does_not_finish_the_query() {
    // More rows than DuckDB buffers, so that the first ones are read while the endless part is still to come.
    let sql = "SELECT range AS x FROM range(3000000) UNION ALL \
               SELECT a.range FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 99";
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut session = session();
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let limits = ResultLimits {
            max_rows: 1,
            max_result_bytes: u64::MAX,
        };
        let outcome = run_within(&mut session, &statement, limits);
        let next = owner(&mut session, "SELECT 1 AS x");
        sender.send((outcome, next)).unwrap();
    });
    let (outcome, next) = receiver.recv_timeout(PATIENCE).unwrap();
    assert_eq!(outcome.unwrap_err(), QueryError::Limit(LimitExceeded::Rows(1)));
    assert_eq!(next.unwrap(), json!([{ "x": 1 }]));
}

#[test]
fn a_late_cancel_does_not_hit_the_next_query_on_the_connection() {
    let mut session = session();
    let statement = Statement::check(&mut session, "SELECT count(*) AS n FROM range(1000)", &[]).unwrap();
    for _ in 0..500 {
        let token = CancelToken::new();
        let query = Query {
            source: Source::Owner(&statement),
            parameters: &[],
            caller: user("ada"),
            plan: &OutputPlan::rows(),
            limits: unlimited(),
        };
        session.run(&query, &token).unwrap();
        let late = thread::spawn(move || token.cancel(CancelReason::Operator));
        assert_eq!(session.run(&query, &CancelToken::new()).unwrap().rows, 1);
        late.join().unwrap();
    }
}
