//! Who is next: a queue per caller, taken in turns, so that one caller's flood is only that caller's wait.
//!
//! A plain data structure; `queue.rs` gives it a lock and wakes the workers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How much may wait and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Queries that may wait in all.
    pub max_waiting: usize,
    /// Queries of one caller that may wait.
    pub max_waiting_per_share: usize,
    /// Queries of one caller that may run at once.
    pub max_running_per_share: usize,
}

/// Why a query was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too much is waiting, whoever sent it.
    Full,
    /// This caller has too much waiting.
    ShareFull,
}

/// One caller's part.
struct Share<J> {
    waiting: VecDeque<J>,
    running: usize,
}

impl<J> Default for Share<J> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            running: 0,
        }
    }
}

/// Jobs in fair order. Each caller that waits stands in line once, whatever the number of its jobs.
pub struct Admission<J> {
    limits: AdmissionLimits,
    shares: HashMap<Arc<str>, Share<J>>,
    /// Callers with something waiting, in the order in which they are served.
    line: VecDeque<Arc<str>>,
    waiting: usize,
    running: usize,
}

impl<J> Admission<J> {
    /// Nothing waits.
    pub fn new(limits: AdmissionLimits) -> Self {
        Self {
            limits,
            shares: HashMap::new(),
            line: VecDeque::new(),
            waiting: 0,
            running: 0,
        }
    }

    /// Queues a job, or hands it back.
    pub fn enqueue(&mut self, share: &Arc<str>, job: J) -> Result<(), (Refused, J)> {
        if self.waiting >= self.limits.max_waiting {
            return Err((Refused::Full, job));
        }
        let entry = self.shares.entry(Arc::clone(share)).or_default();
        if entry.waiting.len() >= self.limits.max_waiting_per_share {
            return Err((Refused::ShareFull, job));
        }
        if entry.waiting.is_empty() {
            self.line.push_back(Arc::clone(share));
        }
        entry.waiting.push_back(job);
        self.waiting += 1;
        Ok(())
    }

    /// The next job whose caller may run one more, and the caller. Whoever takes it says [`Self::finished`] afterwards.
    pub fn take(&mut self) -> Option<(Arc<str>, J)> {
        let limit = self.limits.max_running_per_share;
        let position = self
            .line
            .iter()
            .position(|share| self.shares.get(share).is_some_and(|entry| entry.running < limit))?;
        let share = self.line.remove(position)?;
        let entry = self.shares.get_mut(&share)?;
        let job = entry.waiting.pop_front()?;
        entry.running += 1;
        if !entry.waiting.is_empty() {
            self.line.push_back(Arc::clone(&share));
        }
        self.waiting -= 1;
        self.running += 1;
        Some((share, job))
    }

    /// A job of this caller has ended.
    pub fn finished(&mut self, share: &Arc<str>) {
        let Some(entry) = self.shares.get_mut(share) else {
            return;
        };
        entry.running = entry.running.saturating_sub(1);
        self.running = self.running.saturating_sub(1);
        if entry.running == 0 && entry.waiting.is_empty() {
            self.shares.remove(share);
        }
    }

    /// Takes out every waiting job that `keep` does not want any more.
    pub fn retain(&mut self, mut keep: impl FnMut(&J) -> bool) -> Vec<J> {
        let mut removed = Vec::new();
        for entry in self.shares.values_mut() {
            let (kept, gone): (VecDeque<J>, VecDeque<J>) = entry.waiting.drain(..).partition(&mut keep);
            entry.waiting = kept;
            removed.extend(gone);
        }
        self.waiting -= removed.len();
        self.shares
            .retain(|_, entry| entry.running > 0 || !entry.waiting.is_empty());
        let shares = &self.shares;
        self.line
            .retain(|share| shares.get(share).is_some_and(|entry| !entry.waiting.is_empty()));
        removed
    }

    /// Jobs that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Jobs that run.
    pub fn running(&self) -> usize {
        self.running
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: AdmissionLimits = AdmissionLimits {
        max_waiting: 8,
        max_waiting_per_share: 4,
        max_running_per_share: 2,
    };

    fn shares() -> [Arc<str>; 3] {
        [Arc::from("ada"), Arc::from("bob"), Arc::from("eve")]
    }

    #[test]
    fn a_flood_of_one_caller_does_not_delay_another() {
        let [ada, bob, _] = shares();
        let mut admission = Admission::new(LIMITS);
        for job in 0..4 {
            admission.enqueue(&ada, job).unwrap();
        }
        admission.enqueue(&bob, 100).unwrap();
        let order: Vec<u32> = std::iter::from_fn(|| admission.take())
            .map(|(_, job)| job)
            .collect();
        assert_eq!(
            order,
            [0, 100, 1],
            "in turns, and no caller runs more than its share"
        );
        admission.finished(&ada);
        assert_eq!(admission.take().map(|(_, job)| job), Some(2));
    }

    #[test]
    fn a_full_queue_hands_the_job_back() {
        let [ada, bob, eve] = shares();
        let mut admission = Admission::new(LIMITS);
        for job in 0..4 {
            admission.enqueue(&ada, job).unwrap();
            admission.enqueue(&bob, job).unwrap();
        }
        assert_eq!(admission.enqueue(&eve, 9), Err((Refused::Full, 9)));
        assert_eq!(admission.take().map(|(_, job)| job), Some(0));
        assert_eq!(admission.enqueue(&bob, 9), Err((Refused::ShareFull, 9)));
        assert_eq!(admission.enqueue(&eve, 9), Ok(()));
    }

    proptest! {
        /// Against a model: nothing is lost, nothing runs twice, no caller exceeds its share, the order within a caller
        /// is kept, and whoever may run does.
        #[test]
        fn every_job_runs_once_in_its_callers_order(steps in prop::collection::vec((0_usize..3, 0_u8..4), 1..200)) {
            let shares = shares();
            let mut admission = Admission::new(LIMITS);
            let mut waiting: [VecDeque<u32>; 3] = Default::default();
            let mut running = [0_usize; 3];
            for (number, (who, action)) in (0_u32..).zip(steps) {
                match action {
                    0 | 1 => match admission.enqueue(&shares[who], number) {
                        Ok(()) => waiting[who].push_back(number),
                        Err((Refused::ShareFull, _)) => prop_assert_eq!(waiting[who].len(), 4),
                        Err((Refused::Full, _)) => prop_assert_eq!(waiting.iter().map(VecDeque::len).sum::<usize>(), 8),
                    },
                    2 => match admission.take() {
                        Some((share, job)) => {
                            let who = shares.iter().position(|other| *other == share).unwrap();
                            prop_assert_eq!(waiting[who].pop_front(), Some(job));
                            running[who] += 1;
                            prop_assert!(running[who] <= 2);
                        }
                        None => prop_assert!((0..3).all(|who| waiting[who].is_empty() || running[who] == 2)),
                    },
                    _ => {
                        if running[who] > 0 {
                            admission.finished(&shares[who]);
                            running[who] -= 1;
                        } else {
                            let removed = admission.retain(|job| job % 2 == 0);
                            for queue in &mut waiting {
                                queue.retain(|job| job % 2 == 0);
                            }
                            prop_assert!(removed.iter().all(|job| job % 2 == 1));
                        }
                    }
                }
                prop_assert_eq!(admission.waiting(), waiting.iter().map(VecDeque::len).sum::<usize>());
                prop_assert_eq!(admission.running(), running.iter().sum::<usize>());
            }
        }
    }
}
