//! How long a query that is in the middle of its work goes on after it is cancelled.
#![expect(clippy::expect_used, reason = "a benchmark that cannot run ends here")]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;

/// Hours of work before its first row.
const ENDLESS: &str =
    "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";
/// By then the query is in the middle of its work.
const UNDER_WAY: Duration = Duration::from_millis(20);

/// Runs the query, cancels it, and answers how long it went on.
fn cancelled(session: &mut Session, statement: &Statement) -> Duration {
    let token = CancelToken::new();
    let query = Query {
        source: Source::Owner(statement),
        parameters: &[],
        caller: SqlIdentity::nobody().into(),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    let (tell, told) = mpsc::channel();
    let canceller = token.clone();
    let cancels = thread::spawn(move || {
        // Time that passes: the moment in the middle of the work is no event.
        let (_keep, never) = mpsc::channel::<()>();
        never.recv_timeout(UNDER_WAY).ok();
        tell.send(Instant::now()).expect("the benchmark waits");
        canceller.cancel(CancelReason::ClientCancelled);
    });
    let outcome = session.run(&query, &token);
    let ended = Instant::now();
    assert!(outcome.is_err(), "it has no end");
    cancels.join().expect("the query was cancelled");
    ended.duration_since(told.recv().expect("the query was cancelled"))
}

fn cancels(criterion: &mut Criterion) {
    let generation = Generation::in_memory(&InstanceSettings::default()).expect("a database opens");
    let mut session = generation.session().expect("a session opens");
    let statement = Statement::check(&mut session, ENDLESS, &[]).expect("the query is checked");
    let mut group = criterion.benchmark_group("cancel");
    group.sample_size(20);
    group.bench_function("a query in the middle of its work", |bencher| {
        bencher.iter_custom(|turns| (0..turns).map(|_| cancelled(&mut session, &statement)).sum());
    });
    group.finish();
}

criterion_group!(benches, cancels);
criterion_main!(benches);
