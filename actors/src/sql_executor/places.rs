//! Where queries run: a place for each query that may run at once, with a worker in it; and the queries that were written
//! off, which run on without a place because nothing stops them.
//!
//! A plain data structure; `queue.rs` gives it a lock. The life of a place:
//!
//! ```text
//!            begin              end
//!   Free ───────────▶ Taken ───────────▶ Free              the worker goes on
//!                       │ write_off
//!                       ├───────────────▶ Free              a new worker stands in; the old one has no place
//!                       └───────────────▶ Held ──────▶ Free     nobody stands in, until a worker comes back
//!                                                 come_back
//!   Free ───────────▶ Left                                  the worker has ended, because the executor stops
//!            leave
//! ```

use std::collections::BTreeMap;

/// One run of one query. Those that began earlier come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RunId {
    number: u64,
    /// Where it began.
    place: usize,
}

/// A place and what happens in it.
enum Place<Q> {
    /// Its worker waits for a query.
    Free,
    /// Its worker runs one.
    Taken(RunId, Q),
    /// Its worker does not come back from a query that was written off, and nobody stands in.
    Held,
    /// Its worker has ended.
    Left,
}

/// What a query that has ended was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended<Q, W> {
    /// On its place, and nobody had given it up.
    InTime(Q),
    /// Written off. Its worker goes on in the place that is named, or has none.
    Late {
        written_off: W,
        goes_on_in: Option<usize>,
    },
    /// Nobody knows it.
    Unknown,
}

/// Whether somebody takes the place of a worker that does not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandIn {
    /// In this place, which is free.
    Wanted(usize),
    /// There are as many as there may be.
    TooMany,
}

/// All places. `Q` is a query that runs, `W` what is kept of one that was written off.
pub(super) struct Places<Q, W> {
    all: Vec<Place<Q>>,
    written_off: BTreeMap<RunId, W>,
    /// How many may be written off and have somebody in their worker's place.
    most_stand_ins: usize,
    last_number: u64,
    /// Whether nobody stands in for anybody any more.
    is_closed: bool,
}

impl<Q, W> Places<Q, W> {
    /// This many free places, each with a worker.
    pub(super) fn new(count: usize, most_stand_ins: usize) -> Self {
        Self {
            all: std::iter::repeat_with(|| Place::Free).take(count).collect(),
            written_off: BTreeMap::new(),
            most_stand_ins,
            last_number: 0,
            is_closed: false,
        }
    }

    /// A query begins in a place that is free.
    pub(super) fn begin(&mut self, place: usize, query: Q) -> RunId {
        self.last_number += 1;
        let run = RunId {
            number: self.last_number,
            place,
        };
        self.set(place, Place::Taken(run, query));
        run
    }

    /// A query has ended, and its worker is there again.
    pub(super) fn end(&mut self, run: RunId) -> Ended<Q, W> {
        if let Some(query) = self.vacate(run, Place::Free) {
            return Ended::InTime(query);
        }
        match self.written_off.remove(&run) {
            Some(written_off) => Ended::Late {
                written_off,
                goes_on_in: self.come_back(),
            },
            None => Ended::Unknown,
        }
    }

    /// Gives up a query that does not stop, of which something is kept, and says whether somebody is to stand in for its worker.
    /// `None` if it has ended after all.
    pub(super) fn write_off(&mut self, run: RunId, keep: impl FnOnce(Q) -> W) -> Option<StandIn> {
        let stands_in = !self.is_closed && self.stand_ins() < self.most_stand_ins;
        let then = if stands_in { Place::Free } else { Place::Held };
        let query = self.vacate(run, then)?;
        self.written_off.insert(run, keep(query));
        Some(match stands_in {
            true => StandIn::Wanted(run.place),
            false => StandIn::TooMany,
        })
    }

    /// Nobody could be found for the free place.
    pub(super) fn hold(&mut self, place: usize) {
        self.set(place, Place::Held);
    }

    /// The worker of the free place has ended.
    pub(super) fn leave(&mut self, place: usize) {
        self.set(place, Place::Left);
    }

    /// From now on nobody stands in for anybody, and nobody comes back.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// How many places there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Places whose workers are there, or will be in time.
    pub(super) fn staffed(&self) -> usize {
        let is_staffed = |place: &&Place<Q>| matches!(place, Place::Free | Place::Taken(..));
        self.all.iter().filter(is_staffed).count()
    }

    /// Queries that were written off and run on, while somebody stands in for their worker.
    pub(super) fn stand_ins(&self) -> usize {
        let is_held = |place: &&Place<Q>| matches!(place, Place::Held);
        let held = self.all.iter().filter(is_held).count();
        self.written_off.len().saturating_sub(held)
    }

    /// Queries that run in their places.
    pub(super) fn running(&self) -> impl Iterator<Item = &Q> {
        self.all.iter().filter_map(|place| match place {
            Place::Taken(_, query) => Some(query),
            Place::Free | Place::Held | Place::Left => None,
        })
    }

    /// Queries that were written off and run on, the oldest first.
    pub(super) fn written_off(&self) -> impl ExactSizeIterator<Item = &W> {
        self.written_off.values()
    }

    /// A worker that comes back takes a place that nobody is in, whosever it was.
    fn come_back(&mut self) -> Option<usize> {
        if self.is_closed {
            return None;
        }
        let is_held = |place: &Place<Q>| matches!(place, Place::Held);
        let place = self.all.iter().position(is_held)?;
        self.set(place, Place::Free);
        Some(place)
    }

    /// Takes the query from its place, if it is still there.
    fn vacate(&mut self, run: RunId, then: Place<Q>) -> Option<Q> {
        let place = self.all.get_mut(run.place)?;
        if !matches!(place, Place::Taken(taken, _) if *taken == run) {
            return None;
        }
        match std::mem::replace(place, then) {
            Place::Taken(_, query) => Some(query),
            Place::Free | Place::Held | Place::Left => None,
        }
    }

    fn set(&mut self, place: usize, to: Place<Q>) {
        if let Some(place) = self.all.get_mut(place) {
            *place = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const PLACES: usize = 3;
    const MOST: usize = 2;

    /// A thread, and what it does.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Thread {
        Waits(usize),
        Runs(RunId),
        HasEnded,
    }

    impl Thread {
        fn waits_in(self) -> Option<usize> {
            match self {
                Self::Waits(place) => Some(place),
                Self::Runs(_) | Self::HasEnded => None,
            }
        }
    }

    #[test]
    fn a_query_that_ended_before_it_was_given_up_is_answered_once() {
        let mut places = Places::<&str, &str>::new(1, 1);
        let number = places.begin(0, "query");
        assert_eq!(places.end(number), Ended::InTime("query"));
        assert_eq!(places.write_off(number, |query| query), None);
        assert_eq!(places.end(number), Ended::Unknown);
    }

    #[test]
    fn nobody_stands_in_for_anybody_during_a_stop() {
        let mut places = Places::<&str, &str>::new(1, 1);
        let number = places.begin(0, "query");
        places.close();
        assert_eq!(places.write_off(number, |query| query), Some(StandIn::TooMany));
        assert_eq!(places.staffed(), 0, "nobody waits for its worker");
        let ended = places.end(number);
        assert_eq!(
            ended,
            Ended::Late {
                written_off: "query",
                goes_on_in: None
            }
        );
    }

    proptest! {
        /// Against the threads themselves: no two are ever in one place, there are never more than the places and those
        /// who stand in, no place is without a thread while one is to be had, and each query is given back once.
        #[test]
        fn every_place_has_one_worker_as_long_as_there_are_enough(steps in prop::collection::vec((0_u8..3, 0_usize..8), 1..200)) {
            let mut places = Places::<u64, u64>::new(PLACES, MOST);
            let mut threads: Vec<Thread> = (0..PLACES).map(Thread::Waits).collect();
            for (action, who) in steps {
                let who = who % threads.len();
                match (action, threads[who]) {
                    (0, Thread::Waits(place)) => {
                        let next = places.last_number + 1;
                        threads[who] = Thread::Runs(places.begin(place, next));
                    }
                    (1, Thread::Runs(run)) => {
                        let had = places.stand_ins();
                        if let Some(stand_in) = places.write_off(run, |query| query) {
                            match stand_in {
                                StandIn::Wanted(place) => threads.push(Thread::Waits(place)),
                                StandIn::TooMany => prop_assert_eq!(had, MOST),
                            }
                        }
                    }
                    (2, Thread::Runs(run)) => {
                        threads[who] = match places.end(run) {
                            Ended::InTime(query) => {
                                prop_assert_eq!(query, run.number);
                                Thread::Waits(run.place)
                            }
                            Ended::Late { written_off, goes_on_in } => {
                                prop_assert_eq!(written_off, run.number);
                                goes_on_in.map_or(Thread::HasEnded, Thread::Waits)
                            }
                            Ended::Unknown => panic!("a query was lost"),
                        };
                    }
                    _ => {}
                }
                let alive = threads.iter().filter(|thread| **thread != Thread::HasEnded).count();
                prop_assert!(alive <= PLACES + MOST);
                prop_assert!(places.stand_ins() <= MOST);
                let waiting: BTreeSet<usize> = threads.iter().filter_map(|thread| thread.waits_in()).collect();
                let running = places.running().count();
                prop_assert_eq!(alive, waiting.len() + running + places.written_off().len(), "two in one place, or nobody knows of it");
                prop_assert_eq!(waiting.len() + running, places.staffed());
                prop_assert!(places.staffed() == PLACES || places.stand_ins() == MOST);
            }
        }
    }
}
