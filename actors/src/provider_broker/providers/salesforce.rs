//! Salesforce, production or sandbox.
//!
//! What is special about Salesforce, as its documentation of connected apps has it: a token is for one organisation, whose
//! data is served at the `instance_url` of the token answer; tokens end with the organisation's session, whose length no
//! answer says; users of sandboxes log in at another host than everybody else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::app::App;
use super::calls::Calls;
use super::token_endpoint::{ClientAuthentication, RequestFormat, TokenEndpoint};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey, VerifiedEmail};
use crate::outbound::OutboundClient;
use crate::provider_broker::provider::{
    OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "salesforce";
/// The shortest session that an organisation can set. A token is renewed after that time, which ends no other one.
const SHORTEST_SESSION: Duration = Duration::from_mins(15);
/// The characters of an organisation's identifier that tell it from others; three more are a checksum that may be left out.
const ORGANISATION_CHARACTERS: usize = 15;

/// What the operator set.
#[derive(Clone, Debug)]
pub struct SalesforceSettings {
    /// This server's app.
    pub app: App,
    /// Who the user is.
    pub userinfo_url: Url,
    /// Where tokens are given back.
    pub revoke_url: Url,
    /// Identifiers of organisations: users of others are not let in. Empty lets everybody in.
    pub allowed_organisations: BTreeSet<String>,
}

/// Logins at Salesforce.
pub struct SalesforceProvider {
    settings: SalesforceSettings,
    calls: Calls,
    clock: Arc<dyn Clock>,
}

/// The parts of the user that everything depends on.
#[derive(Deserialize)]
struct Claims {
    user_id: String,
    organization_id: String,
    preferred_username: Option<String>,
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

impl SalesforceProvider {
    /// A provider with these settings. Calls nobody.
    #[must_use]
    pub fn new(settings: SalesforceSettings, http: OutboundClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            calls: Calls::new(NAME, http),
            clock,
        }
    }

    fn endpoint<'a>(&'a self, url: &'a Url) -> TokenEndpoint<'a> {
        TokenEndpoint {
            calls: &self.calls,
            url,
            client: &self.settings.app.client,
            authentication: ClientAuthentication::Post,
            format: RequestFormat::Form,
            scope_separators: &[' '],
            more_refusals: &[],
        }
    }

    async fn exchange(
        &self,
        code: &Secret,
        secrets: &UpstreamSecrets,
    ) -> Result<UpstreamGrant, ProviderError> {
        let now = self.clock.now();
        let tokens = self.endpoint(&self.settings.app.token_url);
        let exchanged = tokens.exchange_code(code, secrets, &[], now).await;
        let mut grant = exchanged.inspect_err(|error| self.hint_at_host(error))?;
        end_with_session(&mut grant.tokens, now);
        Ok(grant)
    }

    /// A connected app of production does not exist in a sandbox, and the other way round, which no error code says.
    fn hint_at_host(&self, error: &ProviderError) {
        if matches!(error, ProviderError::Unavailable { .. }) {
            return;
        }
        let host = self.settings.app.token_url.host_str().unwrap_or_default();
        log::warn!(
            "{error} (asked at {host}; users of production log in at login.salesforce.com, those of sandboxes at \
             test.salesforce.com: see auth.salesforce.auth_url and token_url)"
        );
    }

    async fn identity(&self, grant: &UpstreamGrant) -> Result<UserIdentity, ProviderError> {
        let url = self.settings.userinfo_url.clone();
        let token = &grant.tokens.access_token;
        let answer = self.calls.read(url, "application/json", Some(token)).await?;
        let claims = self.calls.user(&answer)?;
        let user = Claims::deserialize(&Value::Object(claims.clone()));
        let user = user.map_err(|_| {
            self.calls
                .invalid("its user has no user_id or no organization_id")
        })?;
        self.check(&user.organization_id)?;
        let key = UserKey {
            // Users are numbered by their organisation, wherever it is served.
            issuer: format!(
                "{}/id/{}",
                self.settings.app.auth_url.origin().ascii_serialization(),
                user.organization_id
            ),
            subject: user.user_id,
        };
        let address = user.email.as_deref();
        Ok(UserIdentity {
            username: user.preferred_username,
            name: user.name.filter(|name| !name.is_empty()),
            email: address.and_then(|address| VerifiedEmail::from_claims(address, user.email_verified)),
            capabilities: self.settings.app.claim_mappings.capabilities(&claims),
            scopes: self.settings.app.user_scopes.clone(),
            profile: claims,
            context: context(user.organization_id, grant.instance_url.as_ref()),
            ..UserIdentity::bare(key, NAME)
        })
    }

    fn check(&self, organisation: &str) -> Result<(), ProviderError> {
        let allowed = &self.settings.allowed_organisations;
        let is_same = |id: &String| distinguishing(id) == distinguishing(organisation);
        match allowed.is_empty() || allowed.iter().any(is_same) {
            true => Ok(()),
            false => Err(ProviderError::UserNotAllowed {
                reason: "the user's Salesforce organisation is not among auth.salesforce.allowed_orgs",
            }),
        }
    }
}

/// No answer says when a token ends.
fn end_with_session(tokens: &mut UpstreamTokens, now: Timestamp) {
    tokens.expires_at.get_or_insert(now + SHORTEST_SESSION);
}

fn distinguishing(organisation: &str) -> &str {
    organisation
        .get(..ORGANISATION_CHARACTERS)
        .unwrap_or(organisation)
}

fn context(organisation: String, instance_url: Option<&Url>) -> Map<String, Value> {
    let mut context = Map::from_iter([("organization_id".to_owned(), Value::from(organisation))]);
    if let Some(url) = instance_url {
        let url = url.as_str().trim_end_matches('/');
        context.insert("instance_url".to_owned(), Value::from(url));
    }
    context
}

impl OutsideProvider for SalesforceProvider {
    fn name(&self) -> &str {
        NAME
    }

    fn callback_path(&self) -> &str {
        &self.settings.app.callback_path
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        Box::pin(async { self.settings.app.departure(NAME, request, &[]) })
    }

    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        Box::pin(self.exchange(code, secrets))
    }

    fn read_user<'a>(
        &'a self,
        grant: &'a UpstreamGrant,
        _secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity> {
        Box::pin(self.identity(grant))
    }

    fn refresh<'a>(
        &'a self,
        refresh_token: &'a Secret,
        _user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens> {
        Box::pin(async {
            let now = self.clock.now();
            let endpoint = self.endpoint(&self.settings.app.token_url);
            let mut tokens = endpoint.refresh(refresh_token, &[], now).await?.tokens;
            end_with_session(&mut tokens, now);
            Ok(tokens)
        })
    }

    /// A refresh token takes all access tokens with it.
    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(async {
            let endpoint = self.endpoint(&self.settings.revoke_url);
            match &tokens.refresh_token {
                Some(token) => endpoint.revoke(token, "refresh_token").await,
                None => endpoint.revoke(&tokens.access_token, "access_token").await,
            }
        })
    }
}
