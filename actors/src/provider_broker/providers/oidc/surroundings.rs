//! What is known of a provider: its discovery document and its keys, fetched when they are needed and kept for a while.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::cached::Cached;
use super::claims;
use super::issuer_keys::IssuerKeys;
use super::metadata::Metadata;
use super::settings::OidcSettings;
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::jose::{JwkSet, JwsError, SignatureAlgorithm, UnverifiedJws, object};
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::calls::Calls;

/// How long a discovery document is believed.
const METADATA_AGE: Duration = Duration::from_hours(1);
/// How old it may become while no newer one can be had.
const OLDEST_METADATA: Duration = Duration::from_hours(24);

/// A provider's discovery document and keys.
pub(super) struct Surroundings {
    settings: Rc<OidcSettings>,
    calls: Rc<Calls>,
    clock: Arc<dyn Clock>,
    metadata: Cached<Metadata>,
    keys: IssuerKeys,
}

impl Surroundings {
    pub(super) fn new(settings: Rc<OidcSettings>, calls: Rc<Calls>, clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: IssuerKeys::new(Rc::clone(&calls), Arc::clone(&clock)),
            settings,
            calls,
            clock,
            metadata: Cached::default(),
        }
    }

    /// The discovery document.
    pub(super) async fn metadata(&self) -> Result<Rc<Metadata>, ProviderError> {
        let now = self.clock.now();
        let fetch = || async { self.calls.note(self.fetch_metadata().await) };
        let fetched = self.metadata.get(METADATA_AGE, now, fetch);
        fetched.await.or_else(|error| {
            let old = self
                .metadata
                .not_older_than(OLDEST_METADATA, now)
                .ok_or(error.clone())?;
            log::warn!("{error}; what its discovery document said before is used");
            Ok(old)
        })
    }

    async fn fetch_metadata(&self) -> Result<Metadata, ProviderError> {
        let OidcSettings {
            config_url,
            other_config_url,
            ..
        } = &*self.settings;
        let first = self.read_metadata(config_url).await;
        match (first, other_config_url) {
            // Silence says nothing about where the document is.
            (Err(ProviderError::InvalidAnswer { .. }), Some(url)) => self.read_metadata(url).await,
            (first, _) => first,
        }
    }

    async fn read_metadata(&self, url: &Url) -> Result<Metadata, ProviderError> {
        let answer = self.calls.read(url.clone(), "application/json", None).await?;
        if answer.status != 200 {
            return Err(self
                .calls
                .invalid("it has no discovery document at the configured address"));
        }
        Metadata::read(&answer.body, &self.settings).map_err(|reason| self.calls.invalid(reason))
    }

    /// The keys.
    pub(super) async fn keys(&self, metadata: &Metadata) -> Result<Rc<JwkSet>, ProviderError> {
        self.keys.get(self.key_address(metadata)?).await
    }

    fn key_address<'m>(&self, metadata: &'m Metadata) -> Result<&'m Url, ProviderError> {
        metadata.keys().map_err(|reason| self.calls.invalid(reason))
    }

    /// The claims of an identity token that the provider signed, and how.
    pub(super) async fn verified(
        &self,
        metadata: &Metadata,
        token: &Secret,
    ) -> Result<(Map<String, Value>, SignatureAlgorithm), ProviderError> {
        let refused = |error| self.calls.invalid(reason(error));
        let token = UnverifiedJws::parse(token.expose(), &metadata.algorithms).map_err(refused)?;
        let claims = self.signed(metadata, &token).await?.map_err(refused)?;
        Ok((claims, token.algorithm()))
    }

    /// The claims of a text that the provider signed; or why it did not sign it.
    pub(super) async fn signed(
        &self,
        metadata: &Metadata,
        token: &UnverifiedJws<'_>,
    ) -> Result<Result<Map<String, Value>, JwsError>, ProviderError> {
        self.keys.signed(self.key_address(metadata)?, token).await
    }

    /// What an access token says of its user. Access tokens are not made for us to read, so one that cannot be read, or is
    /// not the provider's own word about this user, says nothing.
    pub(super) async fn claims_of_access_token(
        &self,
        metadata: &Metadata,
        token: &Secret,
        user: &str,
    ) -> Result<Map<String, Value>, ProviderError> {
        let Ok(token) = UnverifiedJws::parse(token.expose(), &SignatureAlgorithm::ALL) else {
            return Ok(Map::new());
        };
        let keys = self.keys(metadata).await?;
        let read = token.verify(&keys).ok().and_then(object::read);
        let is_about_user = |read: &Map<String, Value>| {
            let issuer = read.get("iss").and_then(Value::as_str);
            issuer == Some(metadata.issuer.as_str()) && claims::subject(read) == Some(user)
        };
        Ok(read.filter(is_about_user).unwrap_or_default())
    }
}

const fn reason(error: JwsError) -> &'static str {
    match error {
        JwsError::Malformed(_) => "its identity token is no signed token",
        JwsError::AlgorithmRefused => "its identity token is signed in a way that is not accepted",
        JwsError::CriticalExtension => "its identity token demands an extension that is not known here",
        JwsError::UnknownKey => "its identity token is signed with a key that it does not publish",
        JwsError::WrongSignature => "the signature of its identity token is wrong",
    }
}
