//! Statements that write: all of it or nothing, and nobody's half-done work meets the next caller.

use std::sync::{Arc, Barrier};
use std::thread;

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::Generation;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::{Value, json};

use crate::fixture::{memory, owner, user};

fn notes() -> (Arc<Generation>, Session) {
    let generation = memory();
    let mut session = generation.session().unwrap();
    owner(
        &mut session,
        "CREATE TABLE notes (n INTEGER CHECK (n < 100), owner VARCHAR)",
    )
    .unwrap();
    let session = generation.session().unwrap();
    (generation, session)
}

fn run(
    session: &mut Session,
    sql: &str,
    plan: &OutputPlan,
    limits: ResultLimits,
) -> Result<Value, QueryError> {
    let statement = Statement::check(session, sql, &[])?;
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan,
        limits,
    };
    let answer = session.run(&query, &CancelToken::new())?;
    Ok(serde_json::from_slice(&answer.json).unwrap())
}

fn count(generation: &Arc<Generation>) -> Value {
    let mut session = generation.session().unwrap();
    owner(&mut session, "SELECT count(*) AS n FROM notes").unwrap()
}

#[test]
fn what_was_written_is_returned_and_there_for_everybody() {
    let (generation, mut session) = notes();
    let sql = "INSERT INTO notes VALUES (1, get_username()) RETURNING n, owner";
    let row = OutputPlan::shaped(ResultShape::SingleRow);
    let answer = run(&mut session, sql, &row, ResultLimits::default());
    assert_eq!(answer.unwrap(), json!({ "n": 1, "owner": "ada" }));
    assert_eq!(count(&generation), json!([{ "n": 1 }]));
    assert!(session.is_clean());
}

#[test]
fn a_call_that_fails_has_written_nothing() {
    let (generation, mut session) = notes();
    let row = OutputPlan::shaped(ResultShape::SingleRow);
    let few = ResultLimits {
        max_rows: 2,
        ..ResultLimits::default()
    };
    for (sql, plan, limits) in [
        // More rows than one (twice), more than the limit, a constraint, an error in the middle.
        (
            "MERGE INTO notes USING range(3) AS given ON n = range \
             WHEN NOT MATCHED THEN INSERT VALUES (range, 'x') RETURNING n",
            &row,
            ResultLimits::default(),
        ),
        (
            "INSERT INTO notes SELECT range, 'x' FROM range(3) RETURNING n",
            &row,
            ResultLimits::default(),
        ),
        (
            "INSERT INTO notes SELECT range, 'x' FROM range(3) RETURNING n",
            &OutputPlan::rows(),
            few,
        ),
        (
            "INSERT INTO notes SELECT range, 'x' FROM range(200)",
            &OutputPlan::rows(),
            ResultLimits::default(),
        ),
        (
            "INSERT INTO notes SELECT CASE WHEN range < 9 THEN range ELSE error('no') END, 'x' FROM range(10)",
            &OutputPlan::rows(),
            ResultLimits::default(),
        ),
    ] {
        let mut fresh = generation.session().unwrap();
        assert!(run(&mut fresh, sql, plan, limits).is_err(), "{sql}");
        assert_eq!(count(&generation), json!([{ "n": 0 }]), "{sql}");
        assert!(fresh.is_clean(), "{sql}");
        let answer = run(
            &mut fresh,
            "SELECT 1 AS x",
            &OutputPlan::rows(),
            ResultLimits::default(),
        );
        assert_eq!(answer.unwrap(), json!([{ "x": 1 }]));
    }
    let token = CancelToken::new();
    token.cancel(CancelReason::ClientCancelled);
    let statement = Statement::check(&mut session, "INSERT INTO notes VALUES (1, 'x')", &[]).unwrap();
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    assert!(session.run(&query, &token).is_err());
    assert_eq!(count(&generation), json!([{ "n": 0 }]));
}

#[test]
fn callers_who_write_one_row_at_a_time_all_succeed() {
    const CALLERS: usize = 4;
    const EACH: usize = 10;
    let (generation, mut session) = notes();
    owner(&mut session, "INSERT INTO notes VALUES (0, 'counter')").unwrap();
    let start = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (generation, start) = (Arc::clone(&generation), Arc::clone(&start));
            thread::spawn(move || {
                let mut session = generation.session().unwrap();
                start.wait();
                let mut succeeded = 0;
                for _ in 0..EACH {
                    let sql = "UPDATE notes SET n = n + 1 WHERE owner = 'counter'";
                    let outcome = run(&mut session, sql, &OutputPlan::rows(), ResultLimits::default());
                    succeeded += usize::from(outcome.is_ok());
                    if !session.is_clean() {
                        session = generation.session().unwrap();
                    }
                }
                succeeded
            })
        })
        .collect();
    let succeeded: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    let mut session = generation.session().unwrap();
    let counted = owner(&mut session, "SELECT n FROM notes WHERE owner = 'counter'").unwrap();
    assert_eq!(
        counted,
        json!([{ "n": succeeded }]),
        "no write was lost or made twice"
    );
    assert!(succeeded > CALLERS * EACH / 2, "{succeeded}");
}
