//! The pool under load and failure, with closures that end when a test says so.

use std::sync::mpsc;

use actix::System;
use tokio::task::JoinHandle;

use super::*;

/// Longer than any of these tests needs; reached only when one fails.
const PATIENCE: Duration = Duration::from_mins(1);
const RETRY_AFTER: Duration = Duration::from_secs(3);

fn pool(running: u32, waiting: u32) -> BlockingPool {
    BlockingPool::new(BlockingSettings {
        name: "test",
        running: NonZeroU32::new(running).unwrap(),
        waiting,
        retry_after: RETRY_AFTER,
    })
}

/// Work that has begun when `begun` says so, and ends when `end` is dropped.
struct Held {
    task: JoinHandle<Result<u32, CallError>>,
    begun: mpsc::Receiver<()>,
    end: mpsc::Sender<()>,
}

fn hold(pool: &BlockingPool, answer: u32) -> Held {
    let (tell, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let pool = pool.clone();
    let task = tokio::task::spawn_local(async move {
        pool.run(move || {
            tell.send(()).unwrap();
            ended.recv_timeout(PATIENCE).unwrap_err();
            answer
        })
        .await
    });
    Held { task, begun, end }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let all_done = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, all_done).await.is_ok(),
        "never {what}"
    );
}

impl Held {
    async fn until_begun(&self) {
        until("begun", || self.begun.try_recv().is_ok()).await;
    }
}

#[test]
fn a_panic_costs_one_call() {
    System::new().block_on(async {
        let pool = pool(1, 0);
        let crashed = pool.run(|| panic!("as the test asked")).await;
        assert_eq!(crashed, Err::<(), _>(CallError::Crashed));
        assert_eq!(
            pool.run(|| 2).await,
            Ok(2),
            "its place and its thread are free again"
        );
    });
}

#[test]
fn more_than_may_wait_is_refused_at_once() {
    System::new().block_on(async {
        let pool = pool(1, 1);
        let running = hold(&pool, 1);
        running.until_begun().await;
        let waiting = hold(&pool, 2);
        until("waiting", || pool.depth() == 2).await;
        let refused = pool.run(|| 3).await;
        assert_eq!(
            refused,
            Err(CallError::Busy {
                retry_after: RETRY_AFTER
            })
        );
        assert!(waiting.begun.try_recv().is_err(), "one at a time");
        drop((running.end, waiting.end));
        assert_eq!(running.task.await.unwrap(), Ok(1));
        assert_eq!(waiting.task.await.unwrap(), Ok(2));
        assert_eq!(pool.depth(), 0);
    });
}

#[test]
fn a_caller_that_goes_away_keeps_its_place_until_the_work_is_over() {
    System::new().block_on(async {
        let pool = pool(1, 0);
        let running = hold(&pool, 1);
        running.until_begun().await;
        running.task.abort();
        assert!(running.task.await.unwrap_err().is_cancelled());
        assert!(matches!(pool.run(|| 2).await, Err(CallError::Busy { .. })));
        drop(running.end);
        until("free", || pool.depth() == 0).await;
        assert_eq!(pool.run(|| 2).await, Ok(2));
    });
}

#[test]
fn a_caller_that_goes_away_while_waiting_leaves_at_once() {
    System::new().block_on(async {
        let pool = pool(1, 1);
        let running = hold(&pool, 1);
        running.until_begun().await;
        let waiting = hold(&pool, 2);
        until("waiting", || pool.depth() == 2).await;
        waiting.task.abort();
        until("left", || pool.depth() == 1).await;
        drop(running.end);
        assert_eq!(running.task.await.unwrap(), Ok(1));
        assert!(
            waiting.begun.try_recv().is_err(),
            "what nobody waits for is not begun"
        );
    });
}

#[test]
fn draining_finishes_what_was_taken_and_takes_no_more() {
    System::new().block_on(async {
        let pool = pool(1, 1);
        let running = hold(&pool, 1);
        running.until_begun().await;
        let waiting = hold(&pool, 2);
        until("waiting", || pool.depth() == 2).await;
        let draining = {
            let pool = pool.clone();
            tokio::task::spawn_local(async move { pool.drain().await })
        };
        tokio::task::yield_now().await;
        assert_eq!(pool.run(|| 3).await, Err(CallError::Stopped));
        assert!(!draining.is_finished());
        drop((running.end, waiting.end));
        assert_eq!(running.task.await.unwrap(), Ok(1));
        assert_eq!(waiting.task.await.unwrap(), Ok(2));
        draining.await.unwrap();
        assert_eq!(pool.run(|| 3).await, Err(CallError::Stopped));
        pool.drain().await;
    });
}
