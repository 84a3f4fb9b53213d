//! Identity assertions (ID-JAG) of the providers that the operator trusts: who signed one, and whom it is about.
//!
//! Must not live here: what an assertion must say, which is `domain::client::identity_assertion`.

use std::rc::Rc;
use std::sync::Arc;

use super::identity;

use super::issuer_of;
use super::settings::OidcSettings;
use super::surroundings::Surroundings;
use crate::domain::client::{ClientId, ExpectedIdentityAssertion, IdentityAssertionProblem, SingleUse};
use crate::domain::clock::Clock;
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::user::{UserIdentity, UserKey};
use crate::jose::{JwsError, SignatureAlgorithm, UnverifiedJws};
use crate::outbound::OutboundClient;
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::calls::Calls;

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
    /// The provider's keys cannot be had (503, or 500). Says nothing about the assertion.
    #[error(transparent)]
    Unavailable(#[from] ProviderError),
}

/// A provider that is trusted, and what is known of it.
struct TrustedIssuer {
    issuer: String,
    settings: Rc<OidcSettings>,
    surroundings: Surroundings,
}

/// Checks assertions. On one thread.
pub struct IdentityAssertions {
    trusted: Vec<TrustedIssuer>,
    clock: Arc<dyn Clock>,
}

impl IdentityAssertions {
    /// Trusts these providers. Calls nobody yet.
    #[must_use]
    pub fn new(providers: Vec<OidcSettings>, http: &OutboundClient, clock: &Arc<dyn Clock>) -> Self {
        let trusted = providers.into_iter().filter_map(|settings| {
            let issuer = issuer_of(&settings.config_url)?;
            let settings = Rc::new(settings);
            let calls = Rc::new(Calls::new(settings.name.as_str(), http.clone()));
            Some(TrustedIssuer {
                issuer,
                surroundings: Surroundings::new(Rc::clone(&settings), calls, Arc::clone(clock)),
                settings,
            })
        });
        Self {
            trusted: trusted.collect(),
            clock: Arc::clone(clock),
        }
    }

    /// Whom the assertion is about, if a trusted provider made it for this client and this server.
    pub async fn check(
        &self,
        presented: &PresentedIdentityAssertion,
    ) -> Result<AssertedUser, IdentityAssertionError> {
        let jws = UnverifiedJws::parse(presented.assertion.expose(), &SignatureAlgorithm::ALL)?;
        let named = jws.claimed("iss").ok_or(IdentityAssertionError::Untrusted)?;
        // Some write the issuer's address with a slash behind it, also in their discovery document.
        let is_named = |trusted: &&TrustedIssuer| trim(&trusted.issuer) == trim(&named);
        let trusted = self.trusted.iter().find(is_named);
        let trusted = trusted.ok_or(IdentityAssertionError::Untrusted)?;
        let metadata = trusted.surroundings.metadata().await?;
        let claims = trusted.surroundings.signed(&metadata, &jws).await??;
        let expected = ExpectedIdentityAssertion {
            issuer: &metadata.issuer,
            audience: &presented.audience,
            client: &presented.client,
            resource: &presented.resource,
            now: self.clock.now(),
        };
        let checked = expected.check(jws.kind(), &claims)?;
        let key = UserKey {
            issuer: metadata.issuer.clone(),
            subject: checked.subject,
        };
        Ok(AssertedUser {
            identity: identity::identity(&trusted.settings, key, identity::merged([claims])),
            scopes: checked.scopes,
            single_use: checked.single_use,
        })
    }
}

fn trim(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}
