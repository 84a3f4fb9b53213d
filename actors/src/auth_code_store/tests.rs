//! Codes, through the messages, over the memory store.

use std::sync::Arc;

use super::messages::{ConsumeCodeError, ConsumeCodeReply};
use super::*;
use crate::domain::authorization_code::{CodeBinding, CodeRefusal, MOST_FAILED_VERIFICATIONS};
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::opaque_token::AuthorizationCodeValue;
use crate::domain::pkce::{CodeChallenge, CodeVerifier};
use crate::domain::randomness::SeededRandomness;
use crate::domain::secret::Secret;
use crate::store::conformance::fixtures;
use crate::store::tokens::RedemptionOutcome;
use crate::store::{AuthorizationCodeRepository, GrantRepository, MemoryStore, TokenRepository};

const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

struct Codes {
    rules: CodeRules,
    clock: Arc<FixedClock>,
    store: Arc<MemoryStore>,
}

fn codes() -> Codes {
    let (clock, store) = (Arc::new(FixedClock::at(START)), Arc::new(MemoryStore::new()));
    let randomness = SeededRandomness::new(1);
    let keys = KeyRing::new(&MasterKey::generate(&randomness).unwrap(), &[]).unwrap();
    store.insert_grant(&fixtures::grant(1, "alice", START)).unwrap();
    let rules = CodeRules {
        settings: AuthCodeStoreSettings::default(),
        clock: Arc::<FixedClock>::clone(&clock),
        randomness: Arc::new(randomness),
        keys: Arc::new(keys),
        repository: Arc::<MemoryStore>::clone(&store),
    };
    Codes { rules, clock, store }
}

fn verifier() -> CodeVerifier {
    CodeVerifier::from_bits(&[7; 32])
}

fn binding() -> CodeBinding {
    fixtures::code("unused", fixtures::grant_id(1), START).binding
}

impl Codes {
    fn save(&self) -> AuthorizationCodeValue {
        self.rules.save(SaveCode { binding: binding() }).unwrap()
    }

    fn consume(&self, code: &str, change: impl FnOnce(&mut ConsumeCode)) -> ConsumeCodeReply {
        let mut message = ConsumeCode {
            code: Secret::new(code),
            client: fixtures::client_id("client"),
            redirect_uri: Some(fixtures::redirect_uri().as_str().to_owned()),
            verifier: verifier(),
            resource: None,
            key: None,
        };
        change(&mut message);
        self.rules.consume(&message)
    }

    fn refusal(&self, code: &AuthorizationCodeValue, change: impl FnOnce(&mut ConsumeCode)) -> CodeRefusal {
        match self.consume(code.expose(), change).unwrap_err() {
            ConsumeCodeError::Refused { refusal, .. } => refusal,
            other => panic!("{other}"),
        }
    }
}

fn guess(message: &mut ConsumeCode) {
    message.verifier = CodeVerifier::from_bits(&[8; 32]);
}

#[test]
fn a_code_is_stored_by_digest_and_found_by_its_value() {
    let codes = codes();
    let value = codes.save();
    assert!(value.expose().starts_with("mcp_code_"));
    let verified = codes.consume(value.expose(), |_| {}).unwrap();
    assert_eq!(verified.binding(), &binding());
    assert_eq!(verified.digest(), &value.digest(&codes.rules.keys));
    let stored = codes.store.find_code(verified.digest()).unwrap().unwrap();
    assert_eq!(stored.expires_at, START + Duration::from_mins(1));
}

#[test]
fn what_is_no_code_is_unknown() {
    let codes = codes();
    let value = codes.save();
    let mistyped = value.expose().replace("mcp_code_", "mcp_code_0");
    let never_issued = AuthorizationCodeValue::from_bits(&[9; 32]);
    for text in ["", "nonsense", &mistyped, never_issued.expose()] {
        let refused = codes.consume(text, |_| {}).unwrap_err();
        assert_eq!(
            (refused.code(), refused),
            (Some("invalid_grant"), ConsumeCodeError::Unknown),
            "{text}"
        );
    }
}

#[test]
fn mistakes_that_prove_nothing_leave_the_code_alone() {
    let codes = codes();
    let value = codes.save();
    for _ in 0..=MOST_FAILED_VERIFICATIONS {
        let other_redirect = codes.refusal(&value, |message| {
            message.redirect_uri = Some("http://127.0.0.1/x".into());
        });
        assert_eq!(other_redirect, CodeRefusal::OtherRedirectUri);
        let other_client = codes.refusal(&value, |message| message.client = fixtures::client_id("stranger"));
        assert_eq!(other_client, CodeRefusal::OtherClient);
        let other_resource = codes.refusal(&value, |message| {
            message.resource = Some("https://h/other".into());
        });
        assert_eq!(other_resource.code(), "invalid_target");
    }
    assert!(codes.consume(value.expose(), |_| {}).is_ok());
}

#[test]
fn guessed_verifiers_use_the_code_up() {
    let codes = codes();
    let value = codes.save();
    for _ in 0..MOST_FAILED_VERIFICATIONS {
        assert_eq!(codes.refusal(&value, guess), CodeRefusal::WrongVerifier);
    }
    assert_eq!(codes.refusal(&value, guess), CodeRefusal::Expired);
    assert_eq!(codes.refusal(&value, |_| {}), CodeRefusal::Expired);
}

#[test]
fn one_wrong_verifier_is_forgiven() {
    let codes = codes();
    let value = codes.save();
    assert_eq!(codes.refusal(&value, guess), CodeRefusal::WrongVerifier);
    assert!(codes.consume(value.expose(), |_| {}).is_ok());
}

#[test]
fn a_code_without_a_real_challenge_is_issued_and_never_exchanged() {
    let codes = codes();
    let challenge = CodeChallenge::from_request(Some("test"), Some("S256")).unwrap();
    let value = codes
        .rules
        .save(SaveCode {
            binding: CodeBinding {
                challenge,
                ..binding()
            },
        })
        .unwrap();
    assert_eq!(
        codes.refusal(&value, |_| {}),
        CodeRefusal::ChallengeNotExchangeable
    );
}

#[test]
fn a_replay_names_the_grant_to_end_for_a_day() {
    let codes = codes();
    let value = codes.save();
    let verified = codes.consume(value.expose(), |_| {}).unwrap();
    let mut redemption = fixtures::redemption("unused", ("access", "refresh"), fixtures::grant_id(1), START);
    redemption.code = *verified.digest();
    assert_eq!(
        codes.store.redeem_code(&redemption),
        Ok(RedemptionOutcome::Redeemed)
    );
    codes.clock.advance(Duration::from_hours(24));
    assert_eq!(codes.rules.sweep(SweepCodes { most: 10 }), Ok(0));
    let grant = fixtures::grant_id(1);
    assert_eq!(
        codes.refusal(&value, |_| {}),
        CodeRefusal::AlreadyConsumed { grant }
    );
    codes.clock.advance(Duration::from_mins(1));
    assert_eq!(codes.rules.sweep(SweepCodes { most: 10 }), Ok(1));
    assert_eq!(
        codes.consume(value.expose(), |_| {}).unwrap_err(),
        ConsumeCodeError::Unknown
    );
}

#[test]
fn a_code_ends_after_a_minute_on_whatever_clock() {
    let codes = codes();
    let value = codes.save();
    codes.clock.set(START - Duration::from_mins(1));
    assert!(
        codes.consume(value.expose(), |_| {}).is_ok(),
        "a clock that was set back ends nothing early"
    );
    codes.clock.set(START + Duration::from_mins(1));
    assert_eq!(codes.refusal(&value, |_| {}), CodeRefusal::Expired);
    assert_eq!(codes.clock.now(), START + Duration::from_mins(1));
}
