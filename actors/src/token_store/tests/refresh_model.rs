//! Any sequence of refreshes, calls and pauses, compared with a model that knows nothing of digests, keys, records
//! or stores: a login is a chain of pairs, and three facts about each pair decide everything.

use super::*;
use crate::domain::grant::GrantEnd;
use crate::domain::token::AccessTokenRefusal;
use crate::token_store::messages::RotateRefreshTokenError;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    /// Present the refresh token of some pair.
    Refresh(usize),
    /// Call with the access token of some pair.
    Call(usize),
    /// Do nothing for so many seconds.
    Wait(u64),
    /// Lose so many seconds to a clock that is set back.
    TurnBack(u64),
}

fn any_act() -> impl Strategy<Value = Act> {
    let pair = 0_usize..8;
    let seconds = prop_oneof![
        0_u64..3,
        28_u64..33,
        3_500_u64..3_700,
        Just(24 * 3600),
        Just(31 * 24 * 3600)
    ];
    prop_oneof![
        5 => pair.clone().prop_map(Act::Refresh),
        3 => pair.prop_map(Act::Call),
        3 => seconds.prop_map(Act::Wait),
        1 => (0_u64..60).prop_map(Act::TurnBack),
    ]
}

/// What the model knows of one pair.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) issued_at: Timestamp,
    pub(super) is_called: bool,
    pub(super) exchanged_at: Option<Timestamp>,
}

impl Pair {
    pub(super) const fn issued(issued_at: Timestamp) -> Self {
        Self {
            issued_at,
            is_called: false,
            exchanged_at: None,
        }
    }
}

struct Model {
    settings: TokenStoreSettings,
    chain: Vec<Pair>,
    is_ended: bool,
}

#[derive(Debug, PartialEq)]
enum Expected {
    PairNumber(usize),
    Expired,
    Reused,
    Ended(GrantEnd),
}

impl Model {
    fn new(settings: TokenStoreSettings) -> Self {
        Self {
            settings,
            chain: vec![Pair::issued(START)],
            is_ended: false,
        }
    }

    fn end_of_grant(&self) -> Timestamp {
        START + self.settings.grant_lifetime.unwrap()
    }

    fn refresh(&mut self, number: usize, now: Timestamp) -> Expected {
        if self.is_ended {
            return Expected::Ended(GrantEnd::RefreshTokenReused);
        }
        if now >= self.end_of_grant() {
            return Expected::Ended(GrantEnd::Expired);
        }
        let pair = self.chain[number];
        if now >= pair.issued_at + self.settings.refresh_token_lifetime {
            return Expected::Expired;
        }
        let Some(exchanged_at) = pair.exchanged_at else {
            self.chain[number].exchanged_at = Some(now);
            self.chain.push(Pair::issued(now));
            return Expected::PairNumber(number + 1);
        };
        let successor = self.chain[number + 1];
        let is_late = now > exchanged_at + self.settings.refresh_reuse_window;
        if is_late && (successor.is_called || successor.exchanged_at.is_some()) {
            self.is_ended = true;
            return Expected::Reused;
        }
        Expected::PairNumber(number + 1)
    }

    fn call(&mut self, number: usize, now: Timestamp) -> Option<AccessTokenRefusal> {
        if self.is_ended {
            return Some(AccessTokenRefusal::GrantEnded(GrantEnd::RefreshTokenReused));
        }
        if now >= self.end_of_grant() {
            return Some(AccessTokenRefusal::GrantEnded(GrantEnd::Expired));
        }
        if now >= self.chain[number].issued_at + self.settings.access_token_lifetime {
            return Some(AccessTokenRefusal::Expired);
        }
        self.chain[number].is_called = true;
        None
    }
}

/// The same in the words of the store, with the pairs that it has given so far.
fn observed(reply: RotateRefreshTokenReply, pairs: &mut Vec<TokenPair>) -> Expected {
    match reply {
        Ok(pair) => {
            let known = pairs.iter().position(|earlier| values(earlier) == values(&pair));
            Expected::PairNumber(known.unwrap_or_else(|| {
                pairs.push(pair);
                pairs.len() - 1
            }))
        }
        Err(RotateRefreshTokenError::Expired) => Expected::Expired,
        Err(RotateRefreshTokenError::Reused { .. }) => Expected::Reused,
        Err(RotateRefreshTokenError::GrantEnded(reason)) => Expected::Ended(reason),
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_store_behaves_like_the_model(acts in proptest::collection::vec(any_act(), 1..60)) {
        let replica = replica();
        let twin = replica.twin();
        let (_, first) = replica.log_in();
        let (mut model, mut pairs) = (Model::new(replica.rules.settings), vec![first]);
        for (step, act) in acts.into_iter().enumerate() {
            let now = replica.clock.now();
            twin.clock.set(now);
            let at_hand = if step.is_multiple_of(2) { &replica } else { &twin };
            match act {
                Act::Refresh(number) => {
                    let number = number % pairs.len();
                    let reply = at_hand.refresh(refresh_token(&pairs[number]));
                    prop_assert_eq!(observed(reply, &mut pairs), model.refresh(number, now));
                }
                Act::Call(number) => {
                    let number = number % pairs.len();
                    let refused = at_hand.verify(&pairs[number].access_token).err();
                    prop_assert_eq!(refused, model.call(number, now).map(VerifyTokenError::Refused));
                }
                Act::Wait(seconds) => replica.clock.advance(Duration::from_secs(seconds)),
                Act::TurnBack(seconds) => replica.clock.set((now - Duration::from_secs(seconds)).max(START)),
            }
            prop_assert_eq!(pairs.len(), model.chain.len());
            let live = model.chain.iter().filter(|pair| pair.exchanged_at.is_none());
            prop_assert_eq!(live.count(), 1, "there is one live branch");
        }
    }
}
