//! The store of tokens, through its messages, over the memory store. Replicas share the store and the keys.

mod issue;
mod refresh;
mod refresh_model;
mod revoke;
mod rotation;
mod rotation_model;
mod verified_tokens;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use super::messages::{IssueTokensReply, RotateRefreshTokenReply, VerifyTokenError, VerifyTokenReply};
use super::*;
use crate::domain::authorization_code::{AuthorizationCode, CodeBinding, CodeExchange, VerifiedCode};
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::grant::{Grant, GrantId};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::opaque_token::{AuthorizationCodeValue, RefreshToken};
use crate::domain::pkce::CodeVerifier;
use crate::domain::randomness::SeededRandomness;
use crate::domain::secret::Secret;
use crate::domain::token::{AccessTokenText, TokenPair};
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::UserAccount;
use crate::store::conformance::fixtures;
use crate::store::{AuthorizationCodeRepository, GrantRepository, MemoryStore};

pub(super) const ISSUER: &str = "https://api.example.com";
pub(super) const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

pub(super) struct Replica {
    pub(super) rules: TokenRules,
    pub(super) clock: Arc<FixedClock>,
    pub(super) randomness: Arc<SeededRandomness>,
    pub(super) store: Arc<MemoryStore>,
}

fn replica() -> Replica {
    replica_with(TokenStoreSettings::default())
}

pub(super) fn replica_with(settings: TokenStoreSettings) -> Replica {
    let (clock, randomness) = (
        Arc::new(FixedClock::at(START)),
        Arc::new(SeededRandomness::new(1)),
    );
    let store = Arc::new(MemoryStore::new());
    let keys = Arc::new(KeyRing::new(&master_key(1), &[]).unwrap());
    let rules = TokenRules {
        settings,
        clock: Arc::<FixedClock>::clone(&clock),
        randomness: Arc::<SeededRandomness>::clone(&randomness),
        signing_keys: signing_keys(settings, &store, &keys, &clock, &randomness),
        keys,
        grants: Arc::<MemoryStore>::clone(&store),
        tokens: Arc::<MemoryStore>::clone(&store),
        identifiers: Arc::<MemoryStore>::clone(&store),
    };
    Replica {
        rules,
        clock,
        randomness,
        store,
    }
}

/// What one process knows of the signing keys.
fn signing_keys(
    settings: TokenStoreSettings,
    store: &Arc<MemoryStore>,
    keys: &Arc<KeyRing>,
    clock: &Arc<FixedClock>,
    randomness: &Arc<SeededRandomness>,
) -> Arc<SigningKeys> {
    Arc::new(SigningKeys::new(
        settings.access_token_format,
        Arc::<MemoryStore>::clone(store),
        Arc::clone(keys),
        Arc::<FixedClock>::clone(clock),
        Arc::<SeededRandomness>::clone(randomness),
    ))
}

fn master_key(seed: u64) -> MasterKey {
    MasterKey::generate(&SeededRandomness::new(seed)).unwrap()
}

impl Replica {
    /// Another replica on the same store, with a clock of its own that shows the same time.
    pub(super) fn twin(&self) -> Self {
        self.twin_with_seed(2)
    }

    /// One of many, each of which draws other identifiers.
    pub(super) fn twin_with_seed(&self, seed: u64) -> Self {
        let (clock, randomness) = (
            Arc::new(FixedClock::at(self.clock.now())),
            Arc::new(SeededRandomness::new(seed)),
        );
        let (settings, keys) = (self.rules.settings, &self.rules.keys);
        let rules = TokenRules {
            clock: Arc::<FixedClock>::clone(&clock),
            randomness: Arc::<SeededRandomness>::clone(&randomness),
            signing_keys: signing_keys(settings, &self.store, keys, &clock, &randomness),
            ..self.rules.clone()
        };
        Self {
            rules,
            clock,
            randomness,
            store: Arc::<MemoryStore>::clone(&self.store),
        }
    }

    /// The same replica after a restart with a new current key and these old ones.
    pub(super) fn restarted_with_keys(&self, current: u64, previous: &[u64]) -> Self {
        let previous: Vec<_> = previous.iter().copied().map(master_key).collect();
        let mut twin = self.twin();
        twin.rules.keys = Arc::new(KeyRing::new(&master_key(current), &previous).unwrap());
        let settings = twin.rules.settings;
        twin.restarted_with(settings)
    }

    /// The same replica after a restart with other settings.
    pub(super) fn restarted_with(&self, settings: TokenStoreSettings) -> Self {
        let mut twin = self.twin();
        twin.rules.settings = settings;
        let keys = &twin.rules.keys;
        twin.rules.signing_keys = signing_keys(settings, &twin.store, keys, &twin.clock, &twin.randomness);
        twin
    }

    fn open_grant(&self, upstream_tokens: Option<UpstreamTokens>) -> GrantId {
        let user = UserAccount {
            identity: fixtures::identity("alice"),
            created_at: START,
            last_login_at: START,
        };
        let message = OpenGrant {
            client: fixtures::client_id("client"),
            user,
            scopes: fixtures::scopes("mcp:read mcp:write"),
            resource: fixtures::resource(),
            upstream_tokens,
        };
        self.rules.open_grant(message).unwrap()
    }

    /// A verified code of this grant, as the store of codes hands it over.
    fn verified_code(&self, grant: GrantId) -> VerifiedCode {
        let value = AuthorizationCodeValue::generate(self.randomness.as_ref()).unwrap();
        let verifier = CodeVerifier::from_bits(&[7; 32]);
        let binding = CodeBinding {
            grant,
            client: fixtures::client_id("client"),
            redirect_uri: fixtures::redirect_uri(),
            challenge: verifier.challenge(),
            resource: fixtures::resource(),
            scopes: fixtures::scopes("mcp:read mcp:write"),
            bound_to: None,
        };
        let now = self.clock.now();
        let code = AuthorizationCode::issue(
            value.digest(&self.rules.keys),
            binding,
            now,
            Duration::from_mins(1),
        );
        self.store.insert_code(&code).unwrap();
        verify_code(code, now)
    }

    fn issue(&self, code: VerifiedCode) -> IssueTokensReply {
        self.rules.issue(&IssueTokens {
            code,
            with_refresh_token: true,
            key: None,
            issuer: ISSUER.to_owned(),
        })
    }

    pub(super) fn log_in(&self) -> (GrantId, TokenPair) {
        let grant = self.open_grant(None);
        (grant, self.issue(self.verified_code(grant)).unwrap())
    }

    pub(super) fn verify(&self, token: &AccessTokenText) -> VerifyTokenReply {
        self.rules.verify(&VerifyToken {
            token: token.secret().clone(),
            resource: fixtures::resource(),
            purpose: VerifyPurpose::Call { key: None },
        })
    }

    pub(super) fn refresh(&self, token: &RefreshToken) -> RotateRefreshTokenReply {
        self.rules.rotate(&refresh_request(token))
    }

    fn grant(&self, id: GrantId) -> Grant {
        self.store.find_grant(id).unwrap().unwrap()
    }
}

fn verify_code(code: AuthorizationCode, now: Timestamp) -> VerifiedCode {
    let (client, verifier) = (code.binding.client.clone(), CodeVerifier::from_bits(&[7; 32]));
    let exchange = CodeExchange {
        client: &client,
        redirect_uri: None,
        verifier: &verifier,
        resource: None,
        key: None,
    };
    code.verify(&exchange, now).unwrap()
}

fn refresh_request(token: &RefreshToken) -> RotateRefreshToken {
    RotateRefreshToken {
        token: Secret::new(token.expose()),
        client: fixtures::client_id("client"),
        scopes: None,
        allowed: fixtures::scopes("mcp:read mcp:write"),
        resource: None,
        key: None,
        issuer: ISSUER.to_owned(),
    }
}

pub(super) fn refresh_token(pair: &TokenPair) -> &RefreshToken {
    pair.refresh_token.as_ref().unwrap()
}

/// The two values of a pair, to compare pairs with.
fn values(pair: &TokenPair) -> (&str, Option<&str>) {
    (
        pair.access_token.expose(),
        pair.refresh_token.as_ref().map(RefreshToken::expose),
    )
}

pub(super) fn is_refused(reply: &VerifyTokenReply) -> bool {
    matches!(
        reply,
        Err(VerifyTokenError::Unknown | VerifyTokenError::Refused(_))
    )
}

#[test]
fn rules_messages_and_replies_can_cross_threads() {
    fn crosses<T: Send + 'static>() {}
    crosses::<TokenRules>();
    crosses::<(
        OpenGrant,
        IssueTokens,
        VerifyToken,
        RotateRefreshToken,
        RevokeToken,
    )>();
    crosses::<(IssueTokensReply, VerifyTokenReply, RotateRefreshTokenReply)>();
    crosses::<(
        crate::client_registry::ClientRules,
        crate::client_registry::messages::RegisterClientReply,
    )>();
    crosses::<(
        crate::auth_code_store::CodeRules,
        crate::auth_code_store::messages::ConsumeCodeReply,
    )>();
}
