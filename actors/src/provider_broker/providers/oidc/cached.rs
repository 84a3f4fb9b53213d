//! A value that is fetched when it is needed and kept for a while. Who asks at the same time shares one answer.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::joined::Joined;
use crate::provider_broker::provider::ProviderError;

/// What a fetch gives.
type Fetched<T> = Result<Rc<T>, ProviderError>;

/// A value that is kept for a while.
pub(super) struct Cached<T> {
    kept: RefCell<Option<Kept<T>>>,
    asking: Joined<(), Fetched<T>>,
}

struct Kept<T> {
    value: Rc<T>,
    since: Timestamp,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self {
            kept: RefCell::default(),
            asking: Joined::default(),
        }
    }
}

impl<T> Cached<T> {
    /// The value if it is not older than that.
    pub(super) fn not_older_than(&self, age: Duration, now: Timestamp) -> Option<Rc<T>> {
        let kept = self.kept.borrow();
        let kept = kept.as_ref()?;
        (now.duration_since(kept.since) < age).then(|| Rc::clone(&kept.value))
    }

    /// The value if it is not older than that, and otherwise what `fetch` gives, which is kept from `now` on. A fetch that
    /// fails leaves what is kept alone.
    pub(super) async fn get<F>(&self, age: Duration, now: Timestamp, fetch: impl FnOnce() -> F) -> Fetched<T>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        if let Some(value) = self.not_older_than(age, now) {
            return Ok(value);
        }
        let ask = || async {
            let value = Rc::new(fetch().await?);
            *self.kept.borrow_mut() = Some(Kept {
                value: Rc::clone(&value),
                since: now,
            });
            Ok(value)
        };
        self.asking.run((), ask).await
    }
}
