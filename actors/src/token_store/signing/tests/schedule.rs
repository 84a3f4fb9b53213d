//! The schedule of keys against what resource servers and replicas see of it.

use std::time::Duration;

use proptest::prelude::*;

use crate::domain::clock::Timestamp;
use crate::jose::SigningAlgorithm;
use crate::token_store::signing::schedule::{
    LONGEST_ACCESS_TOKEN, NextKey, PUBLISHED_AHEAD, Rotation, ScheduledKey, next, oldest_published, signer,
};

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
const DAY: Duration = Duration::from_hours(24);
const ROTATION: Rotation = Rotation {
    algorithm: SigningAlgorithm::EdDsa,
    interval: Duration::from_hours(24 * 30),
};

fn key(generation: i64, usable_from: Timestamp) -> ScheduledKey {
    ScheduledKey {
        generation,
        algorithm: SigningAlgorithm::EdDsa,
        usable_from,
        is_readable: true,
    }
}

fn signing(keys: &[ScheduledKey], now: Timestamp) -> Option<i64> {
    signer(keys, now).map(|key| key.generation)
}

#[test]
fn the_first_key_signs_at_once_and_its_successor_is_published_a_day_before_it_signs() {
    let first = next(&[], &ROTATION, START);
    assert_eq!(
        first,
        Some(NextKey {
            generation: 1,
            usable_from: START
        })
    );
    let mut keys = vec![key(1, START)];
    let (announced, retired) = (START + 29 * DAY, START + 30 * DAY);
    let almost = announced - Duration::from_micros(1);
    assert_eq!(next(&keys, &ROTATION, almost), None);
    let second = NextKey {
        generation: 2,
        usable_from: retired,
    };
    assert_eq!(next(&keys, &ROTATION, announced), Some(second));
    keys.push(key(2, retired));
    assert_eq!(next(&keys, &ROTATION, announced), None, "one waits already");
    assert_eq!(signing(&keys, retired - Duration::from_micros(1)), Some(1));
    assert_eq!(signing(&keys, retired), Some(2));
    let over = retired + LONGEST_ACCESS_TOKEN + Duration::from_hours(1);
    assert_eq!(oldest_published(&keys, over - Duration::from_micros(1)), 0);
    assert_eq!(oldest_published(&keys, over), 2);
}

#[test]
fn after_a_long_pause_the_old_key_signs_on_until_the_new_one_was_published_for_a_day() {
    let keys = [key(4, START)];
    let now = START + 400 * DAY;
    let due = NextKey {
        generation: 5,
        usable_from: now + PUBLISHED_AHEAD,
    };
    assert_eq!(next(&keys, &ROTATION, now), Some(due));
    assert_eq!(signing(&keys, now), Some(4));
}

#[test]
fn another_algorithm_is_an_early_rotation() {
    let keys = [key(1, START)];
    let other = Rotation {
        algorithm: SigningAlgorithm::Es256,
        ..ROTATION
    };
    let due = NextKey {
        generation: 2,
        usable_from: START + PUBLISHED_AHEAD,
    };
    assert_eq!(next(&keys, &other, START), Some(due));
    let waiting = ScheduledKey {
        algorithm: SigningAlgorithm::Es256,
        ..key(2, START + PUBLISHED_AHEAD)
    };
    let keys = [key(1, START), waiting];
    // Two replicas that were given different configurations do not chase each other.
    assert_eq!(next(&keys, &other, START), None);
    assert_eq!(next(&keys, &ROTATION, START), None);
}

#[test]
fn a_key_that_cannot_be_opened_is_as_good_as_absent_and_keeps_its_place() {
    let closed = |generation, usable_from| ScheduledKey {
        is_readable: false,
        ..key(generation, usable_from)
    };
    let keys = [closed(1, START)];
    assert_eq!(
        next(&keys, &ROTATION, START),
        Some(NextKey {
            generation: 2,
            usable_from: START
        })
    );
    let keys = [key(1, START), closed(2, START + DAY)];
    let later = START + 10 * DAY;
    assert_eq!(signing(&keys, later), Some(1));
    assert_eq!(oldest_published(&keys, later), 0, "the first one still signs");
}

#[test]
fn a_clock_that_went_back_signs_with_what_is_there() {
    let keys = [key(1, START), key(2, START + DAY)];
    let before = START - DAY;
    assert_eq!(signing(&keys, before), Some(1));
    assert_eq!(next(&keys, &ROTATION, before), None);
}

/// A replica: what it read, and when.
#[derive(Clone, Default)]
struct Replica {
    keys: Vec<ScheduledKey>,
    read_at: Option<Timestamp>,
}

/// What a resource server may still be shown: a token, the key that signed it, and its end.
struct Token {
    generation: i64,
    ends: Timestamp,
}

/// Replicas over one store, each of which reads at most once a minute, and a resource server that reads the keys now and then.
struct World {
    now: Timestamp,
    store: Vec<ScheduledKey>,
    replicas: Vec<Replica>,
    tokens: Vec<Token>,
    /// When each generation could be seen first.
    published: Vec<(i64, Timestamp)>,
}

impl World {
    fn read(&mut self, replica: usize, rotation: &Rotation) {
        let is_fresh = |read_at: Timestamp| self.now.duration_since(read_at) < Duration::from_mins(1);
        if self.replicas[replica].read_at.is_some_and(is_fresh) {
            return;
        }
        if let Some(due) = next(&self.store, rotation, self.now) {
            let is_taken = self.store.iter().any(|key| key.generation == due.generation);
            assert!(!is_taken);
            let algorithm = rotation.algorithm;
            self.store.push(ScheduledKey {
                algorithm,
                ..key(due.generation, due.usable_from)
            });
            self.published.push((due.generation, self.now));
        }
        self.replicas[replica] = Replica {
            keys: self.store.clone(),
            read_at: Some(self.now),
        };
    }

    fn issue(&mut self, replica: usize, lifetime: Duration) {
        let signer = *signer(&self.replicas[replica].keys, self.now).unwrap();
        let ends = self.now + lifetime.min(LONGEST_ACCESS_TOKEN);
        self.tokens.push(Token {
            generation: signer.generation,
            ends,
        });
        let seen = self
            .published
            .iter()
            .find(|(generation, _)| *generation == signer.generation)
            .unwrap()
            .1;
        let is_old_enough = self.now.duration_since(seen) >= PUBLISHED_AHEAD;
        assert!(
            signer.generation == 1 || is_old_enough,
            "a key signs before it was published long enough"
        );
    }

    fn check(&self) {
        let waiting = self.store.iter().filter(|key| key.usable_from > self.now).count();
        assert!(waiting <= 1, "{waiting} keys wait");
        let oldest = oldest_published(&self.store, self.now);
        for token in self.tokens.iter().filter(|token| token.ends > self.now) {
            assert!(
                token.generation >= oldest,
                "the key of a good token is not published any more"
            );
        }
        let signer = signer(&self.store, self.now).unwrap();
        assert!(signer.generation >= oldest, "the signer is published");
    }
}

fn steps() -> impl Strategy<Value = Vec<(u64, usize, u64, bool)>> {
    // Seconds that pass, who acts, how long the token lives, and whether the other algorithm is configured.
    let pauses = prop_oneof![0_u64..120, 0_u64..86_400, 0_u64..(45 * 86_400)];
    proptest::collection::vec(
        (pauses, 0_usize..3, 1_u64..90_000, proptest::bool::weighted(0.1)),
        1..60,
    )
}

proptest! {
    /// However time passes and whoever acts: a token's key was published for a day before it signed, is published until the
    /// token is over, and never does more than one key wait.
    #[test]
    fn no_token_is_signed_too_early_or_forgotten_too_soon(days in 1_u64..60, steps in steps()) {
        let mut world = World {
            now: START, store: Vec::new(), replicas: vec![Replica::default(); 3], tokens: Vec::new(), published: Vec::new(),
        };
        for (pause, replica, lifetime, is_other) in steps {
            world.now = world.now + Duration::from_secs(pause);
            let algorithm = if is_other { SigningAlgorithm::Es256 } else { SigningAlgorithm::EdDsa };
            let rotation = Rotation { algorithm, interval: Duration::from_secs(days * 86_400) };
            world.read(replica, &rotation);
            world.issue(replica, Duration::from_secs(lifetime));
            world.check();
            let oldest = oldest_published(&world.store, world.now);
            world.store.retain(|key| key.generation >= oldest);
            prop_assert!(!world.store.is_empty());
        }
    }

    /// Where tokens are issued all the time, keys do not grow old.
    #[test]
    fn a_busy_server_signs_with_no_key_for_longer_than_configured(days in 1_u64..60, hours in 200_u64..3_000) {
        let rotation = Rotation { interval: Duration::from_secs(days * 86_400), ..ROTATION };
        let mut keys: Vec<ScheduledKey> = Vec::new();
        for hour in 0..hours {
            let now = START + Duration::from_hours(hour);
            if let Some(due) = next(&keys, &rotation, now) {
                keys.push(key(due.generation, due.usable_from));
            }
            let age = now.duration_since(signer(&keys, now).unwrap().usable_from);
            prop_assert!(age <= rotation.interval, "{age:?}");
        }
        let oldest = oldest_published(&keys, START + Duration::from_hours(hours));
        prop_assert!(keys.iter().filter(|key| key.generation >= oldest).count() <= 4);
    }
}
