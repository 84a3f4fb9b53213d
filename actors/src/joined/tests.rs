//! Equal questions asked at once are asked once.

use std::cell::Cell;

use actix::System;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::*;

#[derive(Default)]
struct Questions {
    joined: Joined<u32, usize>,
    asked: Cell<usize>,
    gate: Option<Semaphore>,
}

fn ask(questions: &Rc<Questions>, key: u32) -> JoinHandle<usize> {
    let questions = Rc::clone(questions);
    tokio::task::spawn_local(async move {
        let answer = || async {
            questions.asked.set(questions.asked.get() + 1);
            let asked = questions.asked.get();
            if let Some(gate) = &questions.gate {
                gate.acquire().await.unwrap().forget();
            }
            asked
        };
        questions.joined.run(key, answer).await
    })
}

fn closed() -> Rc<Questions> {
    Rc::new(Questions {
        gate: Some(Semaphore::new(0)),
        ..Questions::default()
    })
}

impl Questions {
    fn open(&self) {
        self.gate.as_ref().unwrap().add_permits(10);
    }
}

async fn let_others_run() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn equal_questions_share_an_answer_and_a_later_one_asks_anew() {
    System::new().block_on(async {
        let questions = closed();
        let (one, two, other) = (ask(&questions, 1), ask(&questions, 1), ask(&questions, 2));
        let_others_run().await;
        assert_eq!(questions.asked.get(), 2);
        questions.open();
        assert_eq!((one.await.unwrap(), two.await.unwrap()), (1, 1));
        assert_eq!(other.await.unwrap(), 2);
        assert_eq!(ask(&questions, 1).await.unwrap(), 3);
        assert!(questions.joined.0.borrow().is_empty());
    });
}

#[test]
fn questions_that_nobody_waits_for_leave_nothing_behind() {
    System::new().block_on(async {
        let questions = closed();
        let (one, two) = (ask(&questions, 1), ask(&questions, 1));
        let_others_run().await;
        one.abort();
        let_others_run().await;
        assert_eq!(questions.asked.get(), 2, "the next in line asks");
        two.abort();
        let_others_run().await;
        assert!(questions.joined.0.borrow().is_empty());
    });
}
