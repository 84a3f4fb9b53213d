//! The cache of verified tokens, with an oracle in place of the store: how often it is asked, and what is given when.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use proptest::prelude::*;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::fixtures;
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::resource::ResourceIndicator;
use crate::domain::secret::SecretDigest;
use crate::domain::user::{Principal, UserAccount};
use crate::error::CallError;
use crate::token_store::messages::VerifyTokenError;
use crate::token_store::verified_tokens::{LONGEST_LIFE, MOST_ENTRIES, Verification, VerifiedTokens};

use super::START;

/// What the store would say, and how often it was asked.
struct Oracle {
    cache: VerifiedTokens,
    clock: FixedClock,
    asked: Cell<usize>,
    answer: RefCell<Verification>,
    /// One permit lets one question be answered; plenty at first.
    gate: Semaphore,
}

fn principal(name: &str) -> Arc<Principal> {
    Arc::new(Principal {
        user: UserAccount {
            identity: fixtures::identity(name),
            created_at: START,
            last_login_at: START,
        },
        client: fixtures::client_id("client"),
        grant: Some(fixtures::grant_id(1)),
        scopes: fixtures::scopes("mcp:read"),
        resource: fixtures::resource(),
        expires_at: START + Duration::from_hours(1),
        bound_to: None,
        upstream: None,
    })
}

fn oracle() -> Rc<Oracle> {
    Rc::new(Oracle {
        cache: VerifiedTokens::new(),
        clock: FixedClock::at(START),
        asked: Cell::new(0),
        answer: RefCell::new(Ok(Ok(principal("alice")))),
        gate: Semaphore::new(Semaphore::MAX_PERMITS),
    })
}

impl Oracle {
    async fn verify(&self, token: SecretDigest) -> Verification {
        self.verify_for(token, fixtures::resource()).await
    }

    async fn verify_for(&self, token: SecretDigest, resource: ResourceIndicator) -> Verification {
        let ask = || async {
            self.asked.set(self.asked.get() + 1);
            // As a store does it: what holds now is given when the way back is free.
            let answer = self.answer.borrow().clone();
            self.gate.acquire().await.unwrap().forget();
            answer
        };
        self.cache.verify(token, resource, &self.clock, ask).await
    }

    fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    fn say(&self, answer: Verification) {
        *self.answer.borrow_mut() = answer;
    }
}

fn spawn(oracle: &Rc<Oracle>, token: SecretDigest) -> JoinHandle<Verification> {
    let oracle = Rc::clone(oracle);
    tokio::task::spawn_local(async move { oracle.verify(token).await })
}

async fn let_others_run() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

fn token(number: usize) -> SecretDigest {
    fixtures::digest(&number.to_string())
}

#[test]
fn what_was_found_is_used_for_a_second_and_no_longer() {
    System::new().block_on(async {
        let oracle = oracle();
        let first = oracle.verify(token(1)).await.unwrap().unwrap();
        oracle
            .clock
            .advance(LONGEST_LIFE.saturating_sub(Duration::from_micros(1)));
        let second = oracle.verify(token(1)).await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(oracle.asked.get(), 1);
        oracle.clock.advance(Duration::from_micros(1));
        oracle.verify(token(1)).await.unwrap().unwrap();
        assert_eq!(oracle.asked.get(), 2);
    });
}

#[test]
fn an_entry_does_not_outlive_its_token_or_a_clock_that_is_set_back() {
    System::new().block_on(async {
        let oracle = oracle();
        let dying = Principal {
            expires_at: START + Duration::from_millis(500),
            ..(*principal("alice")).clone()
        };
        oracle.say(Ok(Ok(Arc::new(dying))));
        oracle.verify(token(1)).await.unwrap().unwrap();
        oracle.clock.advance(Duration::from_millis(500));
        oracle.verify(token(1)).await.unwrap().unwrap();
        assert_eq!(oracle.asked.get(), 2);
        oracle.say(Ok(Ok(principal("alice"))));
        oracle.verify(token(2)).await.unwrap().unwrap();
        oracle.clock.set(START);
        oracle.verify(token(2)).await.unwrap().unwrap();
        assert_eq!(oracle.asked.get(), 4);
    });
}

#[test]
fn refusals_and_failures_are_not_kept() {
    System::new().block_on(async {
        let oracle = oracle();
        for answer in [Ok(Err(VerifyTokenError::Unknown)), Err(CallError::Timeout)] {
            oracle.say(answer.clone());
            assert_eq!(oracle.verify(token(1)).await, answer);
        }
        oracle.say(Ok(Ok(principal("alice"))));
        assert!(oracle.verify(token(1)).await.unwrap().is_ok());
        assert_eq!((oracle.asked.get(), oracle.cache.len()), (3, 1));
    });
}

#[test]
fn an_entry_opens_its_own_resource_only() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.verify(token(1)).await.unwrap().unwrap();
        oracle.say(Ok(Err(VerifyTokenError::Unknown)));
        let other = ResourceIndicator::parse("https://api.example.com/other").unwrap();
        let refused = oracle.verify_for(token(1), other).await.unwrap();
        assert_eq!(refused, Err(VerifyTokenError::Unknown));
        assert!(oracle.verify(token(1)).await.unwrap().is_ok());
    });
}

#[test]
fn equal_misses_are_one_question() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.close_gate();
        let waiting: Vec<_> = (0..100).map(|_| spawn(&oracle, token(1))).collect();
        let other = spawn(&oracle, token(2));
        let_others_run().await;
        assert_eq!(oracle.asked.get(), 2, "one for each token");
        oracle.gate.add_permits(2);
        for task in waiting {
            assert!(task.await.unwrap().unwrap().is_ok());
        }
        assert!(other.await.unwrap().unwrap().is_ok());
        assert_eq!(oracle.asked.get(), 2);
    });
}

#[test]
fn whoever_waits_asks_when_the_one_who_asked_gives_up() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.close_gate();
        let (first, second) = (spawn(&oracle, token(1)), spawn(&oracle, token(1)));
        let_others_run().await;
        first.abort();
        let_others_run().await;
        assert_eq!(oracle.asked.get(), 2);
        oracle.gate.add_permits(1);
        assert!(second.await.unwrap().unwrap().is_ok());
    });
}

#[test]
fn questions_leave_nothing_behind_answered_or_not() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.verify(token(1)).await.unwrap().unwrap();
        assert_eq!(oracle.cache.questions(), 0);
        oracle.close_gate();
        let given_up = [
            spawn(&oracle, token(2)),
            spawn(&oracle, token(2)),
            spawn(&oracle, token(3)),
        ];
        let_others_run().await;
        assert_eq!(oracle.cache.questions(), 2);
        for task in given_up {
            task.abort();
        }
        let_others_run().await;
        assert_eq!(oracle.cache.questions(), 0);
    });
}

#[test]
fn a_revocation_empties_the_cache_at_once() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.verify(token(1)).await.unwrap().unwrap();
        oracle.say(Ok(Err(VerifyTokenError::Unknown)));
        oracle.cache.forget_all();
        assert_eq!(oracle.verify(token(1)).await, Ok(Err(VerifyTokenError::Unknown)));
    });
}

#[test]
fn what_was_read_before_a_revocation_is_neither_kept_nor_shared_after_it() {
    System::new().block_on(async {
        let oracle = oracle();
        oracle.close_gate();
        let before = spawn(&oracle, token(1));
        let_others_run().await;
        oracle.say(Ok(Err(VerifyTokenError::Unknown)));
        oracle.cache.forget_all();
        let after = spawn(&oracle, token(1));
        let_others_run().await;
        assert_eq!(
            oracle.asked.get(),
            2,
            "the later question is not joined to the earlier one"
        );
        oracle.gate.add_permits(2);
        assert!(
            before.await.unwrap().unwrap().is_ok(),
            "it was asked before the revocation"
        );
        assert_eq!(after.await.unwrap(), Ok(Err(VerifyTokenError::Unknown)));
        oracle.gate.add_permits(1);
        assert_eq!(oracle.verify(token(1)).await, Ok(Err(VerifyTokenError::Unknown)));
    });
}

#[test]
fn the_cache_is_bounded() {
    System::new().block_on(async {
        let oracle = oracle();
        for number in 0..(MOST_ENTRIES + 5_000) {
            oracle.verify(token(number)).await.unwrap().unwrap();
        }
        assert!(oracle.cache.len() <= MOST_ENTRIES);
        assert!(!oracle.cache.is_empty());
    });
}

/// What may happen to a token, in any order.
#[derive(Clone, Debug)]
enum Act {
    Verify(usize),
    /// Ends a token; in this process, which empties the cache.
    RevokeHere(usize),
    /// Ends a token; in another process.
    RevokeElsewhere(usize),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0_usize..4).prop_map(Act::Verify),
        1 => (0_usize..4).prop_map(Act::RevokeHere),
        1 => (0_usize..4).prop_map(Act::RevokeElsewhere),
        2 => (1_u64..700).prop_map(Act::Wait),
    ];
    proptest::collection::vec(act, 1..60)
}

proptest! {
    #[test]
    fn a_revoked_token_is_refused_at_once_here_and_within_a_second_elsewhere(acts in acts()) {
        System::new().block_on(async {
            let oracle = oracle();
            let mut revoked: [Option<Timestamp>; 4] = [None; 4];
            let mut emptied: [bool; 4] = [false; 4];
            for act in acts {
                let now = oracle.clock.now();
                match act {
                    Act::Wait(milliseconds) => oracle.clock.advance(Duration::from_millis(milliseconds)),
                    Act::RevokeHere(number) => {
                        revoked[number].get_or_insert(now);
                        emptied = [true; 4];
                        oracle.cache.forget_all();
                    }
                    Act::RevokeElsewhere(number) => {
                        revoked[number].get_or_insert(now);
                        emptied[number] = false;
                    }
                    Act::Verify(number) => {
                        let end = revoked[number];
                        oracle.say(match end {
                            Some(_) => Ok(Err(VerifyTokenError::Unknown)),
                            None => Ok(Ok(principal("alice"))),
                        });
                        let is_accepted = oracle.verify(token(number)).await.unwrap().is_ok();
                        match end {
                            None => assert!(is_accepted),
                            Some(end) if emptied[number] || now.duration_since(end) >= LONGEST_LIFE => {
                                assert!(!is_accepted);
                            }
                            Some(_) => {}
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn threads_that_verify_and_revoke_at_once_never_see_a_token_after_its_revocation() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let (cache, clock) = (VerifiedTokens::new(), FixedClock::at(START));
    for round in 0..200 {
        let is_revoked = AtomicBool::new(false);
        let verify = || {
            let ask = || async {
                let answer = match is_revoked.load(Ordering::SeqCst) {
                    true => Err(VerifyTokenError::Unknown),
                    false => Ok(principal("alice")),
                };
                Ok(answer)
            };
            System::new().block_on(cache.verify(token(round), fixtures::resource(), &clock, ask))
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| verify().unwrap().ok());
            }
            is_revoked.store(true, Ordering::SeqCst);
            cache.forget_all();
            assert_eq!(verify().unwrap(), Err(VerifyTokenError::Unknown), "round {round}");
        });
        assert_eq!(verify().unwrap(), Err(VerifyTokenError::Unknown), "round {round}");
    }
}
