//! The executor under load and failure, with a runner that does what each test says, when it says so.

mod written_off;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use actix::{Arbiter, System};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::actor::{RunningSqlExecutor, SqlExecutor, SqlExecutorSettings, WriteOffRule};
use super::admission::AdmissionLimits;
use super::engine::error::QueryError;
use super::engine::identity::SqlIdentity;
use super::engine::plan::OutputPlan;
use super::engine::session::EncodedResult;
use super::messages::{QueryLimits, QueryOutcome, QueryText, RunQuery};
use super::queue::Queue;
use super::runner::{Run, Runner};
use crate::domain::call_context::CallContext;
use crate::domain::cancel::{CancelReason, Interrupt};
use crate::error::CallError;

/// Longer than any of these tests needs; reached only when one fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs "queries" whose text says what happens: `panic`, `wait` (until interrupted), `stuck …` (until released, whatever it
/// is told; one that is called `stuck panic` panics then), anything else answers.
struct Script {
    started: Mutex<mpsc::Sender<String>>,
    sessions: AtomicUsize,
    released: Arc<Released>,
}

/// What is stuck no more.
#[derive(Default)]
struct Released {
    texts: Mutex<BTreeSet<String>>,
    changed: Condvar,
}

impl Released {
    fn wait_for(&self, text: &str) {
        let texts = self.texts.lock().unwrap();
        let waited = self
            .changed
            .wait_timeout_while(texts, PATIENCE, |texts| !texts.contains(text));
        assert!(!waited.unwrap().1.timed_out(), "{text} was never released");
    }
}

/// Tells a waiting query to go on.
struct Wake(Mutex<mpsc::Sender<()>>);

impl Interrupt for Wake {
    fn interrupt(&self) {
        // A query that is past waiting does not listen any more.
        self.0.lock().unwrap().send(()).ok();
    }
}

impl Runner for Script {
    type Session = usize;

    fn run(&self, query: &RunQuery, session: Option<usize>) -> Run<usize> {
        let session = session.unwrap_or_else(|| self.sessions.fetch_add(1, Ordering::SeqCst));
        let QueryText::Caller(text) = &query.statement else {
            panic!("no statement in these tests")
        };
        self.started.lock().unwrap().send(text.to_string()).unwrap();
        assert_ne!(&**text, "panic", "as the test asked");
        let cancel = &query.context.cancel;
        if text.starts_with("stuck") {
            self.released.wait_for(text);
            assert_ne!(&**text, "stuck panic", "as the test asked");
        }
        let result = match &**text {
            "wait" => {
                let (wake, woken) = mpsc::channel();
                let _attached = cancel.attach(Arc::new(Wake(Mutex::new(wake))));
                woken.recv_timeout(PATIENCE).unwrap();
                Err(QueryError::from(cancel.reason().unwrap()))
            }
            _ => Ok(EncodedResult {
                json: session.to_string().into_bytes(),
                rows: 1,
            }),
        };
        Run {
            result,
            session: Some(session),
        }
    }
}

struct House {
    executor: RunningSqlExecutor,
    started: mpsc::Receiver<String>,
    released: Arc<Released>,
}

const SETTINGS: SqlExecutorSettings = SqlExecutorSettings {
    workers: 1,
    admission: AdmissionLimits {
        max_waiting: 3,
        max_waiting_per_share: 2,
        max_running_per_share: 1,
    },
    write_off: WriteOffRule {
        grace: PATIENCE,
        most_stand_ins: 2,
        burdens_caller: true,
    },
    deadline: PATIENCE,
};

fn house() -> House {
    house_with(SETTINGS)
}

fn house_with(settings: SqlExecutorSettings) -> House {
    let (sender, started) = mpsc::channel();
    let released = Arc::<Released>::default();
    let script = Script {
        started: Mutex::new(sender),
        sessions: AtomicUsize::new(0),
        released: Arc::clone(&released),
    };
    let executor = SqlExecutor::launch_with(script, settings).unwrap();
    House {
        executor,
        started,
        released,
    }
}

fn query(share: &str, text: &str) -> RunQuery {
    let mut context = CallContext::anonymous("test");
    context.share = Arc::from(share);
    RunQuery {
        context,
        endpoint: Arc::from("tool"),
        statement: QueryText::Caller(Arc::from(text)),
        parameters: Vec::new(),
        caller: Arc::new(SqlIdentity::nobody()),
        plan: Arc::new(OutputPlan::rows()),
        limits: QueryLimits::default(),
    }
}

impl House {
    /// Asks an actor of its own: what holds among queries holds among those of all actors.
    fn ask(&self, query: RunQuery) -> JoinHandle<Result<QueryOutcome, CallError>> {
        let handle = self.executor.executors.beside_caller();
        tokio::task::spawn_local(async move { handle.run(query).await })
    }

    /// Waits, without blocking the arbiter, until the worker has started something.
    async fn next_started(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.started.try_recv() {
                Ok(text) => return text,
                Err(_) => tokio::task::yield_now().await,
            }
            assert!(Instant::now() < deadline, "nothing started");
        }
    }

    async fn until_waiting(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.executor.depth().0 != count {
            assert!(Instant::now() < deadline, "never {count} waiting");
            tokio::task::yield_now().await;
        }
    }
}

fn text(outcome: Result<QueryOutcome, CallError>) -> String {
    String::from_utf8(outcome.unwrap().result.unwrap().json).unwrap()
}

#[test]
fn a_full_queue_answers_busy_at_once() {
    System::new().block_on(async {
        let house = house();
        let blocking = query("ada", "wait");
        let token = blocking.context.cancel.clone();
        let running = house.ask(blocking);
        assert_eq!(house.next_started().await, "wait");
        let waiting = [
            house.ask(query("ada", "a")),
            house.ask(query("ada", "b")),
            house.ask(query("bob", "c")),
        ];
        house.until_waiting(3).await;
        // At once: the worker is still held, and stays so until this is answered.
        let refused = house.ask(query("eve", "d")).await.unwrap();
        assert!(matches!(refused, Err(CallError::Busy { .. })), "{refused:?}");
        assert_eq!(house.executor.executors.handle().status().depth, 4);
        token.cancel(CancelReason::Operator);
        assert_eq!(
            running.await.unwrap().unwrap().result,
            Err(QueryError::Cancelled(CancelReason::Operator))
        );
        for waiting in waiting {
            waiting.await.unwrap().unwrap().result.unwrap();
        }
        house.executor.stop();
    });
}

#[test]
fn an_actor_that_ends_with_its_thread_leaves_the_others_their_queue() {
    System::new().block_on(async {
        let house = house();
        let executors = house.executor.executors.clone();
        let arbiter = Arbiter::new();
        let (sender, answered) = oneshot::channel();
        arbiter.spawn(async move {
            let handle = executors.beside_caller();
            sender.send(handle.run(query("ada", "there")).await).unwrap();
        });
        answered.await.unwrap().unwrap().result.unwrap();
        arbiter.stop();
        arbiter.join().unwrap();
        let answer = house.ask(query("ada", "here")).await.unwrap();
        answer.unwrap().result.unwrap();
        house.executor.stop();
    });
}

#[test]
fn callers_take_turns() {
    System::new().block_on(async {
        let house = house();
        let blocking = query("ada", "wait");
        let token = blocking.context.cancel.clone();
        let mut asked = vec![house.ask(blocking)];
        assert_eq!(house.next_started().await, "wait");
        for (count, (share, text)) in [("ada", "a1"), ("ada", "a2"), ("bob", "b1")]
            .into_iter()
            .enumerate()
        {
            asked.push(house.ask(query(share, text)));
            house.until_waiting(count + 1).await;
        }
        token.cancel(CancelReason::Operator);
        let order = [
            house.next_started().await,
            house.next_started().await,
            house.next_started().await,
        ];
        assert_eq!(order, ["a1", "b1", "a2"]);
        house.executor.stop();
    });
}

#[test]
fn a_caller_that_goes_away_frees_the_worker_and_its_place() {
    System::new().block_on(async {
        let house = house();
        let abandoned = query("ada", "wait");
        let guard = abandoned.context.cancel_on_drop();
        let running = house.ask(abandoned);
        assert_eq!(house.next_started().await, "wait");
        let gone = query("bob", "never");
        let gone_guard = gone.context.cancel_on_drop();
        let waiting = house.ask(gone);
        house.until_waiting(1).await;
        drop(gone_guard);
        waiting.abort();
        drop(guard);
        running.abort();
        assert_eq!(text(house.ask(query("eve", "next")).await.unwrap()), "0");
        assert_eq!(
            house.next_started().await,
            "next",
            "what nobody waits for is not started"
        );
        house.executor.stop();
    });
}

#[test]
fn a_panicking_query_costs_one_call_and_its_session() {
    System::new().block_on(async {
        let house = house();
        assert_eq!(text(house.ask(query("ada", "one")).await.unwrap()), "0");
        let crashed = house.ask(query("ada", "panic")).await.unwrap();
        assert_eq!(crashed.unwrap_err(), CallError::Crashed);
        assert_eq!(
            text(house.ask(query("ada", "two")).await.unwrap()),
            "1",
            "a fresh session"
        );
        assert_eq!(house.executor.executors.handle().status().crashed, 1);
        house.executor.stop();
    });
}

#[test]
fn stopping_answers_everyone() {
    System::new().block_on(async {
        let house = house();
        let running = house.ask(query("ada", "wait"));
        assert_eq!(house.next_started().await, "wait");
        let waiting = house.ask(query("bob", "never"));
        house.until_waiting(1).await;
        let handle = house.executor.executors.handle();
        house.executor.stop();
        assert_eq!(waiting.await.unwrap().unwrap_err(), CallError::Stopped);
        let stopped = running.await.unwrap().unwrap().result;
        assert_eq!(stopped, Err(QueryError::Cancelled(CancelReason::Shutdown)));
        assert_eq!(
            handle.run(query("eve", "late")).await.unwrap_err(),
            CallError::Stopped
        );
    });
}

#[test]
fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    System::new().block_on(async {
        let house = house_with(SqlExecutorSettings {
            deadline: Duration::from_millis(20),
            ..SETTINGS
        });
        let running = house.ask(query("ada", "wait"));
        assert_eq!(house.next_started().await, "wait");
        let mut waiting = query("bob", "never");
        waiting.limits.timeout = Duration::ZERO;
        let handle = house.executor.executors.handle();
        assert_eq!(handle.run(waiting).await.unwrap_err(), CallError::Timeout);
        assert_eq!(handle.status().timeouts, 1);
        house.executor.stop();
        running.await.unwrap().unwrap();
    });
}

#[test]
fn a_query_may_run_for_longer_than_it_may_wait() {
    System::new().block_on(async {
        let house = house_with(SqlExecutorSettings {
            deadline: Duration::ZERO,
            ..SETTINGS
        });
        let waiting = query("ada", "wait");
        let token = waiting.context.cancel.clone();
        let asked = house.ask(waiting);
        assert_eq!(house.next_started().await, "wait");
        token.cancel(CancelReason::Operator);
        let outcome = asked.await.unwrap().unwrap();
        assert_eq!(outcome.result.unwrap_err(), CancelReason::Operator.into());
        house.executor.stop();
    });
}

#[test]
fn a_stop_waits_for_the_workers_and_not_for_ever() {
    let queue = Queue::new(SETTINGS.admission, 2, SETTINGS.write_off);
    queue.left(0);
    assert_eq!(queue.wait_for_workers(Duration::ZERO), 1);
    queue.left(1);
    assert_eq!(queue.wait_for_workers(PATIENCE), 0);
}
