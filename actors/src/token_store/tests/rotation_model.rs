//! The state machine of rotation, as two replicas run it at once: each finds a state, and writes what it decided when the other
//! one may have written since. Compared with a model that knows three facts about each pair and nothing of records. The clocks
//! of the replicas differ, and stop at the edges of the reuse window and of a token's life.

use super::refresh_model::Pair;
use super::*;
use crate::domain::key_ring::KeyId;
use crate::domain::token::{RefreshTokenRecord, RefreshTokenState, Succession};
use crate::token_store::rotation::{RotationDecision, decide};
use proptest::prelude::*;

const WINDOW: Duration = Duration::from_secs(30);
/// How long a refresh token lives.
const LIFETIME: Duration = Duration::from_hours(1);
const TICK: Duration = Duration::from_micros(1);

#[derive(Clone, Copy, Debug)]
enum Act {
    /// A replica finds the token of some pair, and what it was exchanged for.
    Find { replica: usize, number: usize },
    /// It does what it decided over that.
    Write { replica: usize },
    /// Somebody calls with the access token of some pair.
    Call { number: usize },
    /// So much time passes everywhere.
    Wait(Duration),
}

/// Nothing, a moment, and the last and first moments within and beyond `edge`.
fn around(edge: Duration) -> impl Strategy<Value = Duration> {
    let before = edge.checked_sub(TICK).unwrap();
    prop::sample::select(vec![Duration::ZERO, TICK, before, edge, edge + TICK])
}

fn any_act() -> impl Strategy<Value = Act> {
    let (replica, number) = (0_usize..2, 0_usize..3);
    prop_oneof![
        4 => (replica.clone(), number.clone()).prop_map(|(replica, number)| Act::Find { replica, number }),
        4 => replica.prop_map(|replica| Act::Write { replica }),
        2 => number.prop_map(|number| Act::Call { number }),
        3 => around(WINDOW).prop_map(Act::Wait),
        1 => around(LIFETIME).prop_map(Act::Wait),
    ]
}

/// What a replica has found, and when by its own clock.
#[derive(Clone)]
struct Found {
    number: usize,
    at: Timestamp,
    presented: RefreshTokenRecord,
    successor: Option<RefreshTokenRecord>,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Rotate,
    PairNumber(usize),
    Theft,
    Expired,
}

fn expected(chain: &[Pair], number: usize, now: Timestamp) -> Expected {
    if now >= chain[number].issued_at + LIFETIME {
        return Expected::Expired;
    }
    let Some(exchanged_at) = chain[number].exchanged_at else {
        return Expected::Rotate;
    };
    let successor = chain[number + 1];
    let is_used = successor.is_called || successor.exchanged_at.is_some();
    match now > exchanged_at + WINDOW && is_used {
        true => Expected::Theft,
        false => Expected::PairNumber(number + 1),
    }
}

/// What a store keeps: the records, of which each leads to the next.
struct Kept {
    chain: Vec<RefreshTokenRecord>,
}

impl Kept {
    fn find(&self, number: usize) -> (RefreshTokenRecord, Option<RefreshTokenRecord>) {
        let presented = self.chain[number].clone();
        let is_exchanged = matches!(presented.state, RefreshTokenState::Rotated(_));
        let successor = is_exchanged.then(|| self.chain[number + 1].clone());
        (presented, successor)
    }

    /// Exchanges a token that nobody has exchanged; otherwise does nothing and says no.
    fn rotate(&mut self, number: usize, at: Timestamp) -> bool {
        if matches!(self.chain[number].state, RefreshTokenState::Rotated(_)) {
            return false;
        }
        let successor = record(number + 1, at);
        self.chain[number].state = RefreshTokenState::Rotated(Succession {
            at,
            key: KeyId::from_bytes([1; 8]),
            access_token: fixtures::digest(&format!("access {number}")),
            refresh_token: successor.digest,
        });
        self.chain.push(successor);
        true
    }

    /// A decision in the words of the model.
    fn told(&self, decision: RotationDecision) -> Expected {
        match decision {
            RotationDecision::Rotate => Expected::Rotate,
            RotationDecision::Repeat(succession) => {
                let names = |record: &RefreshTokenRecord| record.digest == succession.refresh_token;
                Expected::PairNumber(self.chain.iter().position(names).unwrap())
            }
            RotationDecision::EndGrant => Expected::Theft,
            RotationDecision::Expired => Expected::Expired,
        }
    }
}

fn record(number: usize, issued_at: Timestamp) -> RefreshTokenRecord {
    RefreshTokenRecord {
        expires_at: issued_at + LIFETIME,
        ..fixtures::refresh_token(&format!("refresh {number}"), fixtures::grant_id(1), issued_at)
    }
}

/// One run: what is kept, what the model knows, and what each replica has found and not yet written.
struct Run {
    now: Timestamp,
    /// How far the second replica's clock is ahead.
    ahead: Duration,
    kept: Kept,
    chain: Vec<Pair>,
    found: [Option<Found>; 2],
    is_ended: bool,
}

impl Run {
    fn new(ahead: Duration) -> Self {
        Self {
            now: START,
            ahead,
            kept: Kept {
                chain: vec![record(0, START)],
            },
            chain: vec![Pair::issued(START)],
            found: [None, None],
            is_ended: false,
        }
    }

    fn find(&mut self, replica: usize, number: usize) {
        let number = number.min(self.chain.len() - 1);
        let at = self.now + if replica == 1 { self.ahead } else { Duration::ZERO };
        let (presented, successor) = self.kept.find(number);
        self.found[replica] = Some(Found {
            number,
            at,
            presented,
            successor,
            expected: expected(&self.chain, number, at),
        });
    }

    /// Decides over what the replica found, whatever was written since, and does it.
    fn write(&mut self, replica: usize) -> Result<(), TestCaseError> {
        let Some(found) = self.found[replica].take() else {
            return Ok(());
        };
        let decision = decide(&found.presented, found.successor.as_ref(), found.at, WINDOW);
        prop_assert_eq!(self.kept.told(decision), found.expected);
        if decision == RotationDecision::Rotate && !self.kept.rotate(found.number, found.at) {
            return self.after_a_race(&found);
        }
        if decision == RotationDecision::Rotate {
            self.chain[found.number].exchanged_at = Some(found.at);
            self.chain.push(Pair::issued(found.at));
        }
        self.is_ended |= decision == RotationDecision::EndGrant;
        Ok(())
    }

    /// Who found the token unused and came too late looks again, at the moment of its request.
    fn after_a_race(&mut self, found: &Found) -> Result<(), TestCaseError> {
        let (presented, successor) = self.kept.find(found.number);
        let told = self
            .kept
            .told(decide(&presented, successor.as_ref(), found.at, WINDOW));
        prop_assert_eq!(told, expected(&self.chain, found.number, found.at));
        self.is_ended |= told == Expected::Theft;
        Ok(())
    }

    fn call(&mut self, number: usize) {
        let number = number.min(self.chain.len() - 1);
        self.chain[number].is_called = true;
        self.kept.chain[number].pair_first_used_at = Some(self.now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn replicas_that_found_the_same_decide_like_the_model(
        ahead in around(WINDOW),
        acts in prop::collection::vec(any_act(), 1..40),
    ) {
        let mut run = Run::new(ahead);
        for act in acts {
            match act {
                Act::Find { replica, number } => run.find(replica, number),
                Act::Write { replica } => run.write(replica)?,
                Act::Call { number } => run.call(number),
                Act::Wait(time) => run.now = run.now + time,
            }
            prop_assert_eq!(run.kept.chain.len(), run.chain.len());
            let unused = run.kept.chain.iter().filter(|record| record.state == RefreshTokenState::Unused);
            prop_assert_eq!(unused.count(), 1, "there is one live branch");
            if run.is_ended {
                break;
            }
        }
    }
}

/// What a property alone would pass without ever meeting: both found the token unused, and the second of them gets the pair of
/// the first, however much was done with it in between, until the clocks are further apart than the window.
#[test]
fn whoever_comes_second_gets_the_pair_of_the_first_unless_the_clocks_disagree() {
    for (ahead, is_ended) in [(Duration::ZERO, false), (WINDOW, false), (WINDOW + TICK, true)] {
        let mut run = Run::new(ahead);
        run.find(0, 0);
        run.find(1, 0);
        run.write(0).unwrap();
        run.call(1);
        run.now = run.now + WINDOW * 4;
        run.write(1).unwrap();
        assert_eq!((run.chain.len(), run.is_ended), (2, is_ended), "{ahead:?}");
    }
}
