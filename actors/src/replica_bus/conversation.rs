//! The thread of the bus: says what is to be said, hears what others say, and connects again when the line is lost.
//!
//! One line serves both directions. A thread of its own looks for messages at short intervals, because the database's
//! client library tells of them only when asked; asking costs one system call and reaches no other machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Shared;
use super::announcement::Announcement;
use super::exchange::{Exchange, Line, LineLost};
use super::outbox::Taken;
use crate::domain::clock::{Clock, Timestamp};

/// How long a message of another replica may lie unnoticed.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long after a lost line the next one is tried at first.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long at most. Each attempt costs the database a connection.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long messages are kept for a replica that is slow to read them.
const KEPT_FOR: Duration = Duration::from_mins(5);
/// How often older ones are deleted.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// What the thread owns.
pub(super) struct Conversation {
    pub(super) exchange: Arc<dyn Exchange>,
    pub(super) replica: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) shared: Arc<Shared>,
}

impl Conversation {
    /// Goes on until the outbox is closed.
    pub(super) fn run(self) {
        let _lost_in_the_end = LostOnDrop(&self.shared);
        let mut pause = FIRST_PAUSE;
        let mut is_known_to_be_lost = false;
        loop {
            let lost = match self.exchange.connect(&self.replica) {
                Ok(mut line) => {
                    self.found();
                    (pause, is_known_to_be_lost) = (FIRST_PAUSE, false);
                    match self.talk(line.as_mut()) {
                        Ok(()) => return,
                        Err(lost) => lost,
                    }
                }
                Err(lost) => lost,
            };
            self.lose(&lost, is_known_to_be_lost);
            is_known_to_be_lost = true;
            if self.shared.outbox.is_closed_within(pause) {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Until the outbox is closed; the error is the end of this line only.
    fn talk(&self, line: &mut dyn Line) -> Result<(), LineLost> {
        let mut forgotten_at = self.clock.now();
        loop {
            match self.shared.outbox.take(LOOK_EVERY) {
                Taken::Closed(last) => return self.say(line, last),
                Taken::Waiting(waiting) => self.say(line, waiting)?,
            }
            for text in line.receive()? {
                self.hear(&text);
            }
            self.forget(line, &mut forgotten_at)?;
        }
    }

    fn say(&self, line: &mut dyn Line, waiting: Vec<Announcement>) -> Result<(), LineLost> {
        if waiting.is_empty() {
            return Ok(());
        }
        let texts: Vec<_> = waiting.iter().map(Announcement::write).collect();
        match line.say(&texts, self.clock.now()) {
            Ok(()) => {
                let said = texts.len() as u64;
                self.shared.counters.said.fetch_add(said, Ordering::Relaxed);
                Ok(())
            }
            Err(lost) => {
                self.shared.outbox.put_back(waiting);
                Err(lost)
            }
        }
    }

    fn hear(&self, text: &str) {
        let Ok(announcement) = Announcement::read(text) else {
            self.shared.counters.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.shared.counters.heard.fetch_add(1, Ordering::Relaxed);
        for listener in self.shared.listeners().iter() {
            listener.hear(&announcement);
        }
    }

    fn forget(&self, line: &mut dyn Line, forgotten_at: &mut Timestamp) -> Result<(), LineLost> {
        let now = self.clock.now();
        if now.duration_since(*forgotten_at) < FORGET_EVERY {
            return Ok(());
        }
        *forgotten_at = now;
        line.forget(now - KEPT_FOR)
    }

    /// From here on everything is heard; what was said before may have been missed.
    fn found(&self) {
        for listener in self.shared.listeners().iter() {
            listener.miss();
        }
        let counters = &self.shared.counters;
        counters.is_connected.store(true, Ordering::Relaxed);
        if counters.connections.fetch_add(1, Ordering::Relaxed) > 0 {
            log::info!("replica bus: connected again");
        }
    }

    fn lose(&self, lost: &LineLost, is_known: bool) {
        self.shared.counters.is_connected.store(false, Ordering::Relaxed);
        if is_known {
            log::debug!("replica bus: still not connected: {lost}");
        } else {
            log::warn!(
                "replica bus: not connected, other replicas learn of revocations a second later: {lost}"
            );
        }
    }
}

/// However the thread ends, nobody is told that it is connected.
struct LostOnDrop<'a>(&'a Shared);

impl Drop for LostOnDrop<'_> {
    fn drop(&mut self) {
        self.0.counters.is_connected.store(false, Ordering::Relaxed);
    }
}
