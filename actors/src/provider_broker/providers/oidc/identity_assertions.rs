//! Identity assertions (ID-JAG) of the providers that the operator trusts: who signed one, and whom it is about.
//!
//! Must not live here: what an assertion must say, which is `domain::client::identity_assertion`.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use super::issuer_keys::IssuerKeys;
use super::metadata::is_same_issuer;
use super::settings::OidcSettings;
use super::surroundings::Surroundings;
use super::{identity, issuer_of};
use crate::domain::client::{ClientId, ExpectedIdentityAssertion, IdentityAssertionProblem, SingleUse};
use crate::domain::clock::Clock;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::user::{UserIdentity, UserKey};
use crate::jose::{JwsError, SignatureAlgorithm, UnverifiedJws};
use crate::outbound::OutboundClient;
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::calls::Calls;

/// An identity provider that is trusted.
#[derive(Clone, Debug)]
pub struct TrustedIssuerSettings {
    /// What is known of it. Of its addresses none is called but that of its discovery document, if that is how its keys are found.
    pub provider: OidcSettings,
    /// How its keys are found.
    pub keys: KeySource,
}

/// How the keys of a trusted provider are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// By its discovery document.
    Discovery,
    /// At an address that the operator knows, where there is no discovery document or none is to be asked.
    Published {
        /// The provider, exactly as it writes `iss`.
        issuer: String,
        /// Its keys.
        jwks_uri: Url,
    },
}

/// An assertion as a client presented it.
#[derive(Clone, Debug)]
pub struct PresentedIdentityAssertion {
    /// `assertion`
    pub assertion: Secret,
    /// The client, after it was authenticated.
    pub client: ClientId,
    /// The issuer identifier of this server.
    pub audience: String,
    /// The resource of this server.
    pub resource: ResourceIndicator,
}

/// What a good assertion says, unless it was used before.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertedUser {
    /// The user: the same as one who logs in at that provider.
    pub identity: UserIdentity,
    /// What the client may do at most; `None` if the provider leaves that to this server.
    pub scopes: Option<ScopeSet>,
    /// The key that the client must prove to have; `None` if the assertion is enough.
    pub bound_to: Option<KeyThumbprint>,
    /// By which the assertion is known again.
    pub single_use: SingleUse,
}

/// Why an assertion is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityAssertionError {
    /// It is from nobody whom the operator trusts (`invalid_grant`).
    #[error("iss of assertion is no identity provider that is trusted here")]
    Untrusted,
    /// Its signature proves nothing (`invalid_grant`).
    #[error("assertion is not signed by its issuer: {0}")]
    Signature(#[from] JwsError),
    /// It does not say what it must.
    #[error(transparent)]
    Problem(#[from] IdentityAssertionProblem),
    /// It is about a user whom the configuration does not let in (`invalid_grant`).
    #[error("the user of assertion is of no domain that may use this server")]
    UserNotAllowed,
    /// The provider's keys cannot be had (503, or 500). Says nothing about the assertion.
    #[error(transparent)]
    Unavailable(#[from] ProviderError),
}

/// A provider that is trusted, and what is known of it.
struct TrustedIssuer {
    issuer: String,
    settings: Rc<OidcSettings>,
    keys: TrustedKeys,
    health: Arc<ProviderHealth>,
}

enum TrustedKeys {
    Discovered(Surroundings),
    Published { jwks_uri: Url, keys: IssuerKeys },
}

/// Checks assertions. On one thread.
pub struct IdentityAssertions {
    trusted: Vec<TrustedIssuer>,
    clock: Arc<dyn Clock>,
}

impl IdentityAssertions {
    /// Trusts these providers. Calls nobody yet.
    #[must_use]
    pub fn new(providers: Vec<TrustedIssuerSettings>, http: &OutboundClient, clock: &Arc<dyn Clock>) -> Self {
        let trusted = providers.into_iter();
        let trusted = trusted.filter_map(|settings| TrustedIssuer::new(settings, http, clock));
        Self {
            trusted: trusted.collect(),
            clock: Arc::clone(clock),
        }
    }

    /// Whether each of the providers shows its keys.
    #[must_use]
    pub fn health(&self) -> Vec<Arc<ProviderHealth>> {
        self.trusted
            .iter()
            .map(|trusted| Arc::clone(&trusted.health))
            .collect()
    }

    /// Whom the assertion is about, if a trusted provider made it for this client and this server.
    pub async fn check(
        &self,
        presented: &PresentedIdentityAssertion,
    ) -> Result<AssertedUser, IdentityAssertionError> {
        let jws = UnverifiedJws::parse(presented.assertion.expose(), &SignatureAlgorithm::ALL)?;
        let named = jws.claimed("iss").ok_or(IdentityAssertionError::Untrusted)?;
        let trusted = self.trusted.iter().find(|trusted| trusted.is_named(&named));
        let trusted = trusted.ok_or(IdentityAssertionError::Untrusted)?;
        let (issuer, claims) = trusted.signed(&jws).await?;
        let claims = claims?;
        let dialect = &trusted.settings.dialect;
        let expected = ExpectedIdentityAssertion {
            issuers: dialect.issuers(&issuer),
            audience: &presented.audience,
            client: &presented.client,
            resource: &presented.resource,
            now: self.clock.now(),
        };
        let checked = expected.check(jws.kind(), &claims)?;
        if !dialect.lets_in(&claims) {
            return Err(IdentityAssertionError::UserNotAllowed);
        }
        let key = UserKey {
            issuer,
            subject: checked.subject,
        };
        Ok(AssertedUser {
            identity: identity::identity(&trusted.settings, key, identity::merged([claims])),
            scopes: checked.scopes,
            bound_to: checked.bound_to,
            single_use: checked.single_use,
        })
    }
}

impl TrustedIssuer {
    /// Nothing where no discovery document can stand at the address that is said to be its own.
    fn new(settings: TrustedIssuerSettings, http: &OutboundClient, clock: &Arc<dyn Clock>) -> Option<Self> {
        let TrustedIssuerSettings { provider, keys } = settings;
        let issuer = match &keys {
            KeySource::Discovery => issuer_of(&provider.config_url)?,
            KeySource::Published { issuer, .. } => issuer.clone(),
        };
        let health = Arc::new(ProviderHealth::new(&issuer, Arc::clone(clock)));
        let calls = Calls::new(provider.name.as_str(), http.clone());
        let calls = Rc::new(calls.watched_by(&health));
        let settings = Rc::new(provider);
        let keys = match keys {
            KeySource::Discovery => {
                TrustedKeys::Discovered(Surroundings::new(Rc::clone(&settings), calls, Arc::clone(clock)))
            }
            KeySource::Published { jwks_uri, .. } => TrustedKeys::Published {
                jwks_uri,
                keys: IssuerKeys::new(calls, Arc::clone(clock)),
            },
        };
        Some(Self {
            issuer,
            settings,
            keys,
            health,
        })
    }

    /// Whether an assertion that says this may be from it. Some write the issuer's address with a slash behind it, also in their
    /// discovery document.
    fn is_named(&self, named: &str) -> bool {
        let issuers = self.settings.dialect.issuers(&self.issuer);
        issuers.iter().any(|issuer| is_same_issuer(issuer, named))
    }

    /// The issuer as it calls itself, and the claims of a text if it signed that.
    async fn signed(
        &self,
        jws: &UnverifiedJws<'_>,
    ) -> Result<(String, Result<Map<String, Value>, JwsError>), ProviderError> {
        match &self.keys {
            TrustedKeys::Discovered(surroundings) => {
                let metadata = surroundings.metadata().await?;
                let claims = surroundings.signed(&metadata, jws).await?;
                Ok((metadata.issuer.clone(), claims))
            }
            TrustedKeys::Published { jwks_uri, keys } => {
                Ok((self.issuer.clone(), keys.signed(jwks_uri, jws).await?))
            }
        }
    }
}
