//! A view that shows each caller their own rows costs what a constant filter costs.

use std::time::{Duration, Instant};

use mxcp_actors::sql_executor::engine::session::Session;
use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::json;

use crate::fixture::{owner, run, session, user};

const SETUP: [&str; 2] = [
    "CREATE TABLE docs AS SELECT range AS id, 'user' || (range // 2000) AS owner FROM range(2000000)",
    "CREATE VIEW my_docs AS SELECT * FROM docs WHERE owner = get_username()",
];
/// So many at least that each filter has a turn in which the machine did nothing else.
const TURNS: usize = 40;
/// How long a machine that does much else is given further turns.
const PATIENCE: Duration = Duration::from_mins(1);

fn time(session: &mut Session, statement: &Statement) -> Duration {
    let started = Instant::now();
    let answer = run(session, statement, &[], &user("user7")).unwrap();
    let took = started.elapsed();
    assert_eq!(answer, json!([{ "n": 2000 }]));
    took
}

#[test]
fn a_view_over_two_million_rows_takes_at_most_twice_the_time_of_a_constant_filter() {
    let mut session = session();
    for sql in SETUP {
        owner(&mut session, sql).unwrap();
    }
    let mut check = |sql| Statement::check(&mut session, sql, &[]).unwrap();
    let constant = check("SELECT count(*) AS n FROM docs WHERE owner = 'user7'");
    let view = check("SELECT count(*) AS n FROM my_docs");
    let begun = Instant::now();
    let (mut of_constant, mut of_view) = (Duration::MAX, Duration::MAX);
    for turn in 1.. {
        of_constant = of_constant.min(time(&mut session, &constant));
        of_view = of_view.min(time(&mut session, &view));
        if turn >= TURNS && of_view <= of_constant * 2 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{of_view:?} beside {of_constant:?}");
    }
}
