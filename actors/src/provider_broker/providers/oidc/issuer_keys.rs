//! The keys that an issuer publishes: fetched when they are needed, kept for a while, and fetched again for one that is new.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::cached::Cached;
use crate::domain::clock::Clock;
use crate::jose::{JwkSet, JwsError, UnverifiedJws, object};
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::calls::Calls;

/// How long keys are believed: a key that its issuer withdrew is accepted that long at most.
const KEYS_AGE: Duration = Duration::from_mins(10);
/// The shortest pause between two fetches of the keys, whatever keys tokens name.
const KEYS_PAUSE: Duration = Duration::from_secs(10);

/// The keys of one issuer.
pub(super) struct IssuerKeys {
    calls: Rc<Calls>,
    clock: Arc<dyn Clock>,
    kept: Cached<JwkSet>,
}

impl IssuerKeys {
    pub(super) fn new(calls: Rc<Calls>, clock: Arc<dyn Clock>) -> Self {
        Self {
            calls,
            clock,
            kept: Cached::default(),
        }
    }

    /// The keys, which stand at this address.
    pub(super) async fn get(&self, jwks_uri: &Url) -> Result<Rc<JwkSet>, ProviderError> {
        self.not_older_than(KEYS_AGE, jwks_uri).await
    }

    async fn not_older_than(&self, age: Duration, jwks_uri: &Url) -> Result<Rc<JwkSet>, ProviderError> {
        let fetch = || async { self.calls.note(self.fetch(jwks_uri).await) };
        self.kept.get(age, self.clock.now(), fetch).await
    }

    async fn fetch(&self, jwks_uri: &Url) -> Result<JwkSet, ProviderError> {
        let answer = self
            .calls
            .read(jwks_uri.clone(), "application/json", None)
            .await?;
        if answer.status != 200 {
            return Err(self.calls.unavailable("it does not show its keys"));
        }
        JwkSet::parse(&answer.body).map_err(|_| self.calls.invalid("its keys cannot be read"))
    }

    /// The claims of a text that the issuer signed; or why it did not sign it.
    pub(super) async fn signed(
        &self,
        jwks_uri: &Url,
        token: &UnverifiedJws<'_>,
    ) -> Result<Result<Map<String, Value>, JwsError>, ProviderError> {
        let mut keys = self.get(jwks_uri).await?;
        if token.verify(&keys) == Err(JwsError::UnknownKey) {
            keys = self.not_older_than(KEYS_PAUSE, jwks_uri).await?;
        }
        let no_claims = JwsError::Malformed("it holds no claims");
        Ok(token
            .verify(&keys)
            .and_then(|payload| object::read(payload).ok_or(no_claims)))
    }
}
