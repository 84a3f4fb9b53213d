//! Access tokens of another server: checked by its signature, or by asking it.
//!
//! The first method that can say something about a token decides. A token that one method refuses is never shown to the next
//! one: two ways to be let in would be as strong as the weaker one.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::access_claims::{Audience, ExpectedToken, ForeignTokenRefusal, TokenFacts, may_be_access_token};
use super::settings::OidcSettings;
use super::surroundings::Surroundings;
use super::{identity, issuer_of};
use crate::domain::client::ClientId;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::dpop::KeyThumbprint;
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::user::{UserIdentity, UserKey};
use crate::jose::{SignatureAlgorithm, UnverifiedJws};
use crate::outbound::OutboundClient;
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::calls::Calls;
use crate::provider_broker::providers::token_endpoint::{ClientAuthentication, RequestFormat, TokenEndpoint};

/// How a token is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By its signature, if it is a signed one.
    Jwt,
    /// By asking its issuer (RFC 7662).
    Introspection,
}

/// Whose tokens are accepted, and how they are checked.
#[derive(Clone, Debug)]
pub struct AccessTokenSettings {
    /// The issuer, and this server's client there.
    pub issuer: OidcSettings,
    /// The methods, in their order.
    pub methods: Vec<Method>,
    /// Whom tokens must be for.
    pub audience: Audience,
    /// Where the issuer is asked, with its identifier, if that is known without its discovery document.
    pub introspection: Option<(String, Url)>,
    /// How long a token without an end is good, after its issuer was asked.
    pub answer_lifetime: Duration,
}

/// What a good token of another server says.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignToken {
    /// The user.
    pub identity: UserIdentity,
    /// The application.
    pub client: ClientId,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When it ends, or must be asked about again.
    pub ends_at: Timestamp,
    /// The only key with whose proofs it may be used (RFC 9449); `None` for whoever has it.
    pub bound_to: Option<KeyThumbprint>,
}

/// Why a token of another server is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignTokenError {
    /// It opens nothing here.
    #[error(transparent)]
    Refused(#[from] ForeignTokenRefusal),
    /// Its issuer cannot be asked, or does not answer as it should. Says nothing about the token.
    #[error(transparent)]
    Unavailable(#[from] ProviderError),
}

/// Checks access tokens. On one thread.
pub struct AccessTokens {
    settings: AccessTokenSettings,
    surroundings: Surroundings,
    calls: Rc<Calls>,
    clock: Arc<dyn Clock>,
    health: Arc<ProviderHealth>,
}

impl AccessTokens {
    /// Checks tokens by these settings. Calls nobody yet.
    #[must_use]
    pub fn new(settings: AccessTokenSettings, http: OutboundClient, clock: Arc<dyn Clock>) -> Self {
        let known = settings.introspection.as_ref().map(|(issuer, _)| issuer.clone());
        let name = known.or_else(|| issuer_of(&settings.issuer.config_url));
        let name = name.unwrap_or_else(|| settings.issuer.name.clone());
        let health = Arc::new(ProviderHealth::new(&name, Arc::clone(&clock)));
        let calls = Calls::new(settings.issuer.name.as_str(), http);
        let calls = Rc::new(calls.watched_by(&health));
        let issuer = Rc::new(settings.issuer.clone());
        Self {
            surroundings: Surroundings::new(issuer, Rc::clone(&calls), Arc::clone(&clock)),
            settings,
            calls,
            clock,
            health,
        }
    }

    /// Whether the issuer answers.
    #[must_use]
    pub const fn health(&self) -> &Arc<ProviderHealth> {
        &self.health
    }

    /// Reads of the issuer what the methods need: its document, its keys, where it is asked. What is missing is told before
    /// anybody's call depends on it.
    pub async fn prepare(&self) -> Result<(), ProviderError> {
        for method in &self.settings.methods {
            match method {
                Method::Jwt => {
                    let metadata = self.surroundings.metadata().await?;
                    self.surroundings.keys(&metadata).await?;
                }
                Method::Introspection if self.settings.introspection.is_some() => {}
                Method::Introspection => {
                    let metadata = self.surroundings.metadata().await?;
                    metadata
                        .introspection()
                        .map_err(|reason| self.calls.invalid(reason))?;
                }
            }
        }
        Ok(())
    }

    /// What a token is worth at this resource.
    pub async fn check(
        &self,
        token: &Secret,
        resource: &ResourceIndicator,
    ) -> Result<ForeignToken, ForeignTokenError> {
        for method in &self.settings.methods {
            let decided = match method {
                Method::Jwt if !is_signed(token) => continue,
                Method::Jwt => self.by_signature(token, resource).await,
                Method::Introspection => self.by_asking(token, resource).await,
            };
            return decided;
        }
        Err(ForeignTokenRefusal::NotAToken.into())
    }

    async fn by_signature(
        &self,
        token: &Secret,
        resource: &ResourceIndicator,
    ) -> Result<ForeignToken, ForeignTokenError> {
        let jws = UnverifiedJws::parse(token.expose(), &SignatureAlgorithm::ALL);
        let jws = jws.map_err(ForeignTokenRefusal::from)?;
        if !may_be_access_token(jws.kind()) {
            return Err(ForeignTokenRefusal::Kind.into());
        }
        let metadata = self.surroundings.metadata().await?;
        let claims = self.surroundings.signed(&metadata, &jws).await?;
        let claims = claims.map_err(ForeignTokenRefusal::from)?;
        let facts = self.expected(&metadata.issuer, resource).check_signed(&claims)?;
        Ok(self.good(&metadata.issuer, claims, facts))
    }

    async fn by_asking(
        &self,
        token: &Secret,
        resource: &ResourceIndicator,
    ) -> Result<ForeignToken, ForeignTokenError> {
        let (issuer, answer) = self.answer(token).await?;
        let checked = self.expected(&issuer, resource).check_told(&answer);
        if checked.as_ref().err() == Some(&ForeignTokenRefusal::Audience) && !answer.contains_key("aud") {
            log::warn!(
                "{} says of a token that it is active and not for whom; tokens without an audience are not accepted",
                self.settings.issuer.name
            );
        }
        Ok(self.good(&issuer, answer, checked?))
    }

    /// The issuer, and what it says.
    async fn answer(&self, token: &Secret) -> Result<(String, Map<String, Value>), ProviderError> {
        if let Some((issuer, url)) = &self.settings.introspection {
            let answer = self.ask(url, ClientAuthentication::Basic, token).await?;
            return Ok((issuer.clone(), answer));
        }
        let metadata = self.surroundings.metadata().await?;
        let url = metadata
            .introspection()
            .map_err(|reason| self.calls.invalid(reason))?;
        let answer = self.ask(url, metadata.introspection_authentication, token);
        Ok((metadata.issuer.clone(), answer.await?))
    }

    async fn ask(
        &self,
        url: &Url,
        authentication: ClientAuthentication,
        token: &Secret,
    ) -> Result<Map<String, Value>, ProviderError> {
        let endpoint = TokenEndpoint {
            calls: &self.calls,
            url,
            client: &self.settings.issuer.client,
            authentication,
            format: RequestFormat::Form,
            scope_separators: &[' '],
            more_refusals: &[],
        };
        self.calls.note(endpoint.introspect(token).await)
    }

    fn expected<'a>(&'a self, issuer: &'a str, resource: &'a ResourceIndicator) -> ExpectedToken<'a> {
        ExpectedToken {
            issuer,
            audience: &self.settings.audience,
            resource,
            now: self.clock.now(),
        }
    }

    fn good(&self, issuer: &str, claims: Map<String, Value>, facts: TokenFacts) -> ForeignToken {
        let key = UserKey {
            issuer: issuer.to_owned(),
            subject: facts.subject,
        };
        let mut identity = identity::identity(&self.settings.issuer, key, identity::merged([claims]));
        identity.scopes.clone_from(&facts.scopes);
        ForeignToken {
            identity,
            client: facts.client,
            scopes: facts.scopes,
            ends_at: facts
                .ends_at
                .unwrap_or_else(|| self.clock.now() + self.settings.answer_lifetime),
            bound_to: facts.bound_to,
        }
    }
}

/// Whether a token is meant as a signed one: whatever is wrong with it then, nobody else is asked about it.
fn is_signed(token: &Secret) -> bool {
    token.expose().starts_with("eyJ") && token.expose().matches('.').count() == 2
}
