//! OpenID Connect providers, found by their discovery document.
//!
//! | part | state | class |
//! |---|---|---|
//! | discovery document | one, for an hour | derivable: fetched when it is needed, so that an outage stops no start |
//! | keys | one set, for ten minutes | derivable: fetched again for a key that is not known |
//!
//! - [`settings`]: what can be set, also by the files of providers that speak OpenID Connect with something of their own.
//! - `metadata`: the discovery document. `surroundings`: fetches and keeps it, and the keys (`issuer_keys`); `cached`: how.
//! - [`access_tokens`]: access tokens that the provider issued to others, where users log in elsewhere; `access_claims`: what
//!   these must say.
//! - [`identity_assertions`]: what trusted providers let clients say of their users.
//! - `claims`: what an identity token must say. `identity`: from claims to a user.
//!
//! Claims come from the identity token and from the userinfo endpoint, and beneath them from the access token if it is signed
//! by the provider's keys for the same user, where some providers put their roles.

pub mod access_claims;
pub mod access_tokens;
mod cached;
mod claims;
mod identity;
pub mod identity_assertions;
mod issuer_keys;
mod metadata;
pub mod settings;
mod surroundings;

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value};

use self::claims::Expected;
use self::metadata::Metadata;
pub use self::metadata::{config_url_of, is_of_openid_provider, issuer_of, server_config_url_of};
use self::settings::OidcSettings;
use self::surroundings::Surroundings;
use super::authorization_request::AuthorizationRequest;
use super::calls::Calls;
use super::token_endpoint::{RequestFormat, TokenEndpoint};
use crate::domain::clock::Clock;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey};
use crate::outbound::OutboundClient;
use crate::provider_broker::provider::{
    CallbackIssuer, OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest,
    UpstreamSecrets,
};

/// Logins at an OpenID Connect provider.
pub struct OidcProvider {
    settings: Rc<OidcSettings>,
    surroundings: Surroundings,
    calls: Rc<Calls>,
    clock: Arc<dyn Clock>,
}

impl OidcProvider {
    /// A provider with these settings. Calls nobody.
    #[must_use]
    pub fn new(settings: OidcSettings, http: OutboundClient, clock: Arc<dyn Clock>) -> Self {
        let settings = Rc::new(settings);
        let calls = Rc::new(Calls::new(settings.name.as_str(), http));
        Self {
            surroundings: Surroundings::new(Rc::clone(&settings), Rc::clone(&calls), Arc::clone(&clock)),
            settings,
            calls,
            clock,
        }
    }

    async fn departure(&self, request: &UpstreamRequest<'_>) -> Result<String, ProviderError> {
        let metadata = self.surroundings.metadata().await?;
        // Without keys nobody could come back.
        metadata.keys().map_err(|reason| self.calls.invalid(reason))?;
        let to = AuthorizationRequest {
            provider: &self.settings.name,
            endpoint: &metadata.authorization_endpoint,
            client_id: &self.settings.client.client_id,
            scopes: &self.settings.scopes,
        };
        let mut more = vec![("nonce", request.nonce.expose())];
        more.extend(self.audience());
        let extra = self.settings.extra_authorize_params.iter();
        more.extend(extra.map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(to.address(request, &more)?.into())
    }

    fn audience(&self) -> Option<(&str, &str)> {
        let audience = self.settings.audience.as_deref();
        audience.map(|audience| ("audience", audience))
    }

    fn token_endpoint<'a>(&'a self, metadata: &'a Metadata) -> TokenEndpoint<'a> {
        TokenEndpoint {
            calls: &self.calls,
            url: &metadata.token_endpoint,
            client: &self.settings.client,
            authentication: metadata.token_authentication,
            format: RequestFormat::Form,
            scope_separators: &[' '],
            more_refusals: &[],
        }
    }

    async fn tokens_for_code(
        &self,
        code: &Secret,
        secrets: &UpstreamSecrets,
    ) -> Result<UpstreamGrant, ProviderError> {
        let metadata = self.surroundings.metadata().await?;
        // Without keys the code would be spent for nothing.
        self.surroundings.keys(&metadata).await?;
        let more: Vec<_> = self.audience().into_iter().collect();
        let endpoint = self.token_endpoint(&metadata);
        let grant = endpoint.exchange_code(code, secrets, &more, self.clock.now());
        Ok(self.with_scopes(grant.await?))
    }

    async fn new_tokens(
        &self,
        refresh_token: &Secret,
        user: &UserKey,
    ) -> Result<UpstreamTokens, ProviderError> {
        let metadata = self.surroundings.metadata().await?;
        // Without keys the refresh token might be spent for nothing.
        self.surroundings.keys(&metadata).await?;
        let more: Vec<_> = self.audience().into_iter().collect();
        let endpoint = self.token_endpoint(&metadata);
        let grant = endpoint.refresh(refresh_token, &more, self.clock.now()).await?;
        if let Some(id_token) = &grant.id_token {
            let claims = self.checked_claims(&metadata, id_token, &grant, None).await?;
            if claims::subject(&claims) != Some(&user.subject) {
                return Err(self.calls.invalid("it renewed another user's tokens"));
            }
        }
        Ok(self.with_scopes(grant).tokens)
    }

    /// An answer without scopes means those that were asked for (RFC 6749 section 5.1).
    fn with_scopes(&self, mut grant: UpstreamGrant) -> UpstreamGrant {
        if grant.tokens.scopes.is_empty() {
            let asked = ScopeSet::from_tokens(self.settings.scopes.iter().map(String::as_str));
            grant.tokens.scopes = asked.unwrap_or_default();
        }
        grant
    }

    /// The claims of an identity token, after everything about it was checked.
    async fn checked_claims(
        &self,
        metadata: &Metadata,
        id_token: &Secret,
        grant: &UpstreamGrant,
        nonce: Option<&Secret>,
    ) -> Result<Map<String, Value>, ProviderError> {
        let (claims, algorithm) = self.surroundings.verified(metadata, id_token).await?;
        let expected = Expected {
            issuers: self.settings.dialect.issuers(&metadata.issuer),
            client_id: &self.settings.client.client_id,
            nonce,
            access_token: &grant.tokens.access_token,
            algorithm,
            now: self.clock.now(),
        };
        expected
            .check(&claims)
            .map_err(|reason| self.calls.invalid(reason))?;
        Ok(claims)
    }

    async fn user(
        &self,
        grant: &UpstreamGrant,
        secrets: &UpstreamSecrets,
    ) -> Result<UserIdentity, ProviderError> {
        let metadata = self.surroundings.metadata().await?;
        let missing = || {
            self.calls
                .invalid("it gave no identity token; is openid among the scopes?")
        };
        let id_token = grant.id_token.as_ref().ok_or_else(missing)?;
        let nonce = Some(&secrets.nonce);
        let said = self.checked_claims(&metadata, id_token, grant, nonce).await?;
        self.check_hosted_domain(&said)?;
        let subject = claims::subject(&said).unwrap_or_default().to_owned();
        let token = &grant.tokens.access_token;
        let own = self
            .surroundings
            .claims_of_access_token(&metadata, token, &subject);
        let own = own.await?;
        let told = self.userinfo(&metadata, token, &subject).await?;
        let key = UserKey {
            issuer: metadata.issuer.clone(),
            subject,
        };
        let claims = identity::merged([own, said, told]);
        Ok(identity::identity(&self.settings, key, claims))
    }

    /// What the userinfo endpoint says, if there is one. It must be about the same user (OpenID Connect Core 5.3.2).
    async fn userinfo(
        &self,
        metadata: &Metadata,
        token: &Secret,
        subject: &str,
    ) -> Result<Map<String, Value>, ProviderError> {
        let Some(endpoint) = &metadata.userinfo_endpoint else {
            return Ok(Map::new());
        };
        let answer = self.calls.read(endpoint.clone(), "application/json", Some(token));
        let told = self.calls.user(&answer.await?)?;
        match claims::subject(&told) {
            Some(about) if about == subject => Ok(told),
            Some(_) | None => Err(self.calls.invalid("its userinfo is about another user")),
        }
    }

    fn check_hosted_domain(&self, claims: &Map<String, Value>) -> Result<(), ProviderError> {
        let refused = ProviderError::UserNotAllowed {
            reason: "allowed_domains",
        };
        let is_let_in = self.settings.dialect.lets_in(claims);
        is_let_in.then_some(()).ok_or(refused)
    }

    /// The refresh token first: with it ends what can make new access tokens.
    async fn give_back(&self, tokens: &UpstreamTokens) -> Result<(), ProviderError> {
        let metadata = self.surroundings.metadata().await?;
        let Some(url) = &metadata.revocation_endpoint else {
            return Ok(());
        };
        let endpoint = TokenEndpoint {
            url,
            authentication: metadata.revocation_authentication,
            ..self.token_endpoint(&metadata)
        };
        if let Some(refresh_token) = &tokens.refresh_token {
            endpoint.revoke(refresh_token, "refresh_token").await?;
        }
        endpoint.revoke(&tokens.access_token, "access_token").await
    }
}

impl OutsideProvider for OidcProvider {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn callback_issuer(&self) -> ProviderFuture<'_, CallbackIssuer> {
        Box::pin(async {
            let metadata = self.surroundings.metadata().await?;
            let issuer = metadata.issuer.clone();
            Ok(match metadata.sends_issuer {
                true => CallbackIssuer::Always(issuer),
                false => CallbackIssuer::Perhaps(issuer),
            })
        })
    }

    fn callback_path(&self) -> &str {
        &self.settings.callback_path
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        Box::pin(self.departure(request))
    }

    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        Box::pin(self.tokens_for_code(code, secrets))
    }

    fn read_user<'a>(
        &'a self,
        grant: &'a UpstreamGrant,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity> {
        Box::pin(self.user(grant, secrets))
    }

    fn refresh<'a>(
        &'a self,
        refresh_token: &'a Secret,
        user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens> {
        Box::pin(self.new_tokens(refresh_token, user))
    }

    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(self.give_back(tokens))
    }
}
