//! What `WHERE owner = get_username()` costs beside the same filter with a constant, on 2,000,000 rows.
#![expect(clippy::expect_used, reason = "a benchmark that cannot run ends here")]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;

const SETUP: [&str; 2] = [
    "CREATE TABLE docs AS SELECT range AS id, 'user' || (range // 2000) AS owner FROM range(2000000)",
    "CREATE VIEW my_docs AS SELECT * FROM docs WHERE owner = get_username()",
];

const FILTERS: [(&str, &str); 4] = [
    ("constant", "SELECT count(*) AS n FROM docs WHERE owner = 'user7'"),
    (
        "get_username()",
        "SELECT count(*) AS n FROM docs WHERE owner = get_username()",
    ),
    ("a view with get_username()", "SELECT count(*) AS n FROM my_docs"),
    (
        "the bare volatile function",
        "SELECT count(*) AS n FROM docs WHERE owner = system.main.get_username()",
    ),
];

fn run(session: &mut Session, statement: &Statement) -> Vec<u8> {
    let caller = SqlIdentity {
        username: Some("user7".to_owned()),
        ..SqlIdentity::default()
    };
    let query = Query {
        source: Source::Owner(statement),
        parameters: &[],
        caller: Arc::new(caller),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    session
        .run(&query, &CancelToken::new())
        .expect("the benchmark's SQL runs")
        .json
}

fn filters(criterion: &mut Criterion) {
    let generation = Generation::in_memory(&InstanceSettings::default()).expect("a database opens");
    let mut session = generation.session().expect("a session opens");
    for sql in SETUP {
        let statement = Statement::check(&mut session, sql, &[]).expect("the set-up is checked");
        run(&mut session, &statement);
    }
    let mut group = criterion.benchmark_group("filter on 2,000,000 rows");
    group.sample_size(20);
    for (name, sql) in FILTERS {
        let statement = Statement::check(&mut session, sql, &[]).expect("the filter is checked");
        assert_eq!(run(&mut session, &statement), br#"[{"n":2000}]"#, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| run(&mut session, &statement)));
    }
    group.finish();
}

criterion_group!(benches, filters);
criterion_main!(benches);
