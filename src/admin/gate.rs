//! Whether requests are taken, and how many are under way: what an orderly stop waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The gate that every request of the public listener passes. Open until it is closed, once.
#[derive(Debug, Default)]
pub struct Gate {
    is_closed: AtomicBool,
    under_way: AtomicUsize,
    left: Notify,
}

/// A request that is under way for as long as this value lives.
#[derive(Debug)]
pub struct UnderWay(Arc<Gate>);

impl Gate {
    /// Lets a request in, or answers `None` once the gate is closed.
    pub fn enter(self: &Arc<Self>) -> Option<UnderWay> {
        // Counted first: whoever closes the gate after this look sees the request and waits for it.
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let entered = UnderWay(Arc::clone(self));
        (!self.is_closed()).then_some(entered)
    }

    /// Takes no more requests.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// Whether requests are refused.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Requests under way.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    /// Waits until nothing is under way.
    pub async fn emptied(&self) {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            // From here on no departure is missed.
            left.as_mut().enable();
            if self.under_way() == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let before = self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && self.0.is_closed() {
            self.0.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_closed_gate_lets_nobody_in_and_empties_when_the_last_one_leaves() {
        let gate = Arc::new(Gate::default());
        let first = gate.enter().unwrap();
        let second = gate.enter().unwrap();
        gate.close();
        assert!(gate.enter().is_none());
        assert_eq!(gate.under_way(), 2);
        let mut emptied = Box::pin(gate.emptied());
        assert!(emptied.as_mut().now_or_never().is_none());
        drop(first);
        assert!(emptied.as_mut().now_or_never().is_none());
        drop(second);
        assert!(emptied.as_mut().now_or_never().is_some());
    }

    #[test]
    fn an_empty_gate_keeps_nobody_waiting() {
        let gate = Arc::new(Gate::default());
        drop(gate.enter());
        assert!(gate.emptied().now_or_never().is_some());
    }
}
