//! Equal questions that come at once become one: the first one asks, the others wait for its answer. On one thread.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::rc::{Rc, Weak};

use tokio::sync::OnceCell;

/// Questions under way, by key. Nothing is remembered once a question is answered.
pub(crate) struct Joined<K, T>(Rc<RefCell<HashMap<K, Weak<OnceCell<T>>>>>);

impl<K, T> Clone for Joined<K, T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<K, T> Default for Joined<K, T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<K: Copy + Eq + Hash, T: Clone> Joined<K, T> {
    /// The answer of `ask`, or of somebody else's that is under way for the same key. If that one is dropped or panics,
    /// the next in line asks.
    pub(crate) async fn run<F: Future<Output = T>>(&self, key: K, ask: impl FnOnce() -> F) -> T {
        // Declared before its part in the question, and so dropped after it.
        let _leave = Leave { joined: self, key };
        let question = self.join(key);
        let answer = question.get_or_init(|| async {
            let answer = ask().await;
            // Whoever comes from now on asks anew.
            self.0.borrow_mut().remove(&key);
            answer
        });
        answer.await.clone()
    }

    fn join(&self, key: K) -> Rc<OnceCell<T>> {
        let mut questions = self.0.borrow_mut();
        if let Some(question) = questions.get(&key).and_then(Weak::upgrade) {
            return question;
        }
        let question = Rc::new(OnceCell::new());
        questions.insert(key, Rc::downgrade(&question));
        question
    }
}

/// Leaves a question. The last one to leave takes it out, also if nobody answered it.
struct Leave<'a, K: Copy + Eq + Hash, T> {
    joined: &'a Joined<K, T>,
    key: K,
}

impl<K: Copy + Eq + Hash, T> Drop for Leave<'_, K, T> {
    fn drop(&mut self) {
        let mut questions = self.joined.0.borrow_mut();
        let is_over = |question: &Weak<OnceCell<T>>| question.strong_count() == 0;
        if questions.get(&self.key).is_some_and(is_over) {
            questions.remove(&self.key);
        }
    }
}
