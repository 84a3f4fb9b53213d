//! Queries that do not stop when they are told to: what becomes of their callers, of their workers, and of everybody else.

use super::*;
use crate::sql_executor::status::{QueryEnd, SqlStatus, Staffing};

/// Who is told to stop is given up at once.
const AT_ONCE: SqlExecutorSettings = SqlExecutorSettings {
    write_off: WriteOffRule {
        grace: Duration::ZERO,
        most_stand_ins: 2,
        burdens_caller: true,
    },
    ..SETTINGS
};

fn every_caller_is_the_same() -> SqlExecutorSettings {
    let mut settings = AT_ONCE;
    settings.write_off.burdens_caller = false;
    settings
}

impl House {
    /// Asks, waits until it runs, has it told to stop, and answers what its caller hears.
    async fn give_up(&self, share: &str, text: &str) -> Result<QueryOutcome, CallError> {
        let stuck = query(share, text);
        let token = stuck.context.cancel.clone();
        let asked = self.ask(stuck);
        assert_eq!(self.next_started().await, text);
        token.cancel(CancelReason::Operator);
        asked.await.unwrap()
    }

    async fn serve(&self, share: &str) -> String {
        let answer = text(self.ask(query(share, "quick")).await.unwrap());
        assert_eq!(self.next_started().await, "quick");
        answer
    }

    fn release(&self, text: &str) {
        self.released.texts.lock().unwrap().insert(text.to_owned());
        self.released.changed.notify_all();
    }

    fn status(&self) -> SqlStatus {
        self.executor.monitor().status()
    }

    async fn until_written_off(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.status().written_off.running.len() != count {
            assert!(Instant::now() < deadline, "never {count} written off");
            tokio::task::yield_now().await;
        }
    }

    fn ended(&self, end: QueryEnd) -> u64 {
        let ends = self.status().ends;
        ends.iter().find(|(known, _)| *known == end).unwrap().1
    }
}

fn assert_stopped(outcome: Result<QueryOutcome, CallError>) {
    let stopped = Err(QueryError::Cancelled(CancelReason::Operator));
    assert_eq!(outcome.unwrap().result, stopped);
}

#[test]
fn its_caller_is_answered_and_a_new_worker_takes_the_place_of_its_own() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        assert_stopped(house.give_up("ada", "stuck").await);
        assert_eq!(house.serve("bob").await, "1", "a session of its own");
        let status = house.status();
        let [written_off] = &*status.written_off.running else {
            panic!("{status:?}")
        };
        assert_eq!((&*written_off.share, &*written_off.endpoint), ("ada", "tool"));
        assert!(written_off.written_off.is_some());
        assert_eq!((status.running.len(), status.staffed), (0, 1));
        house.release("stuck");
        house.until_written_off(0).await;
        assert_eq!(
            house.serve("bob").await,
            "1",
            "nobody gets the session of the stuck one"
        );
        assert_eq!(house.serve("ada").await, "1");
        assert_eq!(
            (house.ended(QueryEnd::Operator), house.ended(QueryEnd::Succeeded)),
            (1, 3)
        );
        assert_eq!(house.status().written_off.ever, 1);
        house.executor.stop();
    });
}

#[test]
fn its_time_limit_is_what_the_caller_hears() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        let mut stuck = query("ada", "stuck");
        stuck.limits.timeout = Duration::from_millis(5);
        let outcome = house.ask(stuck).await.unwrap().unwrap();
        let limit = CancelReason::TimeLimit(Duration::from_millis(5));
        assert_eq!(outcome.result, Err(QueryError::Cancelled(limit)));
        house.release("stuck");
        house.executor.stop();
    });
}

#[test]
fn its_caller_waits_for_it_and_others_do_not() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        assert_stopped(house.give_up("ada", "stuck").await);
        let waiting = house.ask(query("ada", "again"));
        house.until_waiting(1).await;
        assert_eq!(house.serve("bob").await, "1");
        assert_eq!(house.executor.depth(), (1, 0), "with a worker that is free");
        house.release("stuck");
        assert_eq!(text(waiting.await.unwrap()), "1");
        house.executor.stop();
    });
}

#[test]
fn where_everybody_is_the_same_caller_nobody_waits_for_it() {
    System::new().block_on(async {
        let house = house_with(every_caller_is_the_same());
        assert_stopped(house.give_up("anonymous", "stuck").await);
        assert_eq!(house.serve("anonymous").await, "1");
        house.release("stuck");
        house.until_written_off(0).await;
        assert_eq!(house.serve("anonymous").await, "1");
        house.executor.stop();
    });
}

#[test]
fn only_so_many_are_replaced_and_the_first_that_comes_back_goes_on_working() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        assert_stopped(house.give_up("ada", "stuck a").await);
        assert_eq!(house.status().staffing(), Staffing::Whole);
        assert_stopped(house.give_up("bob", "stuck b").await);
        assert_eq!(house.status().staffing(), Staffing::Exhausted);
        assert_eq!(house.serve("eve").await, "2", "there is still a worker");
        assert_stopped(house.give_up("eve", "stuck c").await);
        assert_eq!(house.status().staffing(), Staffing::NobodyLeft);
        assert_eq!(house.status().written_off.stand_ins, 2);
        let waiting = house.ask(query("joe", "quick"));
        house.until_waiting(1).await;
        house.release("stuck b");
        assert_eq!(text(waiting.await.unwrap()), "3", "in a session of its own");
        assert_eq!(house.status().staffing(), Staffing::Exhausted);
        for text in ["stuck a", "stuck c"] {
            house.release(text);
        }
        house.until_written_off(0).await;
        assert_eq!(house.status().staffing(), Staffing::Whole);
        assert_eq!(house.status().written_off.ever, 3);
        house.executor.stop();
    });
}

#[test]
fn a_panic_after_that_costs_nothing_more() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        assert_stopped(house.give_up("ada", "stuck panic").await);
        house.release("stuck panic");
        house.until_written_off(0).await;
        assert_eq!(house.serve("ada").await, "1");
        assert_eq!(house.ended(QueryEnd::Crashed), 0);
        house.executor.stop();
    });
}

#[test]
fn a_stop_answers_its_caller_and_does_not_wait_for_it() {
    System::new().block_on(async {
        let house = house_with(AT_ONCE);
        assert_stopped(house.give_up("ada", "stuck a").await);
        let running = house.ask(query("bob", "stuck b"));
        assert_eq!(house.next_started().await, "stuck b");
        let released = Arc::clone(&house.released);
        let monitor = house.executor.monitor();
        house.executor.stop();
        assert_eq!(monitor.status().written_off.running.len(), 2, "both run on");
        let stopped = running.await.unwrap().unwrap().result;
        assert_eq!(stopped, Err(QueryError::Cancelled(CancelReason::Shutdown)));
        for text in ["stuck a", "stuck b"] {
            released.texts.lock().unwrap().insert(text.to_owned());
        }
        released.changed.notify_all();
    });
}
