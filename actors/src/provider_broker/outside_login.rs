//! Logging in at an outside provider: what is asked of it, and in which order with the store.
//!
//! Futures of a provider stay on the thread that the broker runs on; only the store's part runs elsewhere. `giving_back`: what
//! becomes of the provider's tokens when a login has ended.

mod giving_back;

use std::rc::Rc;
use std::sync::Arc;

use super::errors::{BeginError, CompleteLoginError, UpstreamError};
use super::health::ProviderHealth;
use super::messages::{
    BeginLogin, BeginLoginReply, BeginSignIn, BeginSignInReply, CompleteLogin, CompleteLoginReply,
    CompletedLogin, Departure, ProviderAnswer, RefreshUpstreamTokens, RefreshUpstreamTokensReply,
    RefreshedTokens, SignInStart,
};
use super::pending::Returned;
use super::provider::{
    CallbackIssuer, OutsideProvider, ProviderError, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};
use super::releases::Releases;
use super::rules::BrokerRules;
use crate::blocking::BlockingPool;
use crate::domain::grant::GrantId;
use crate::domain::pending_login::{CallbackRefusal, LoginPurpose};
use crate::domain::sealing::Sealed;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::UserIdentity;
use crate::error::CallError;
use crate::joined::Joined;
use crate::token_store::TokenStoreHandle;

/// The error codes that a provider's callback may carry (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6). What
/// else it says is not repeated, since it comes through the browser and can be anybody's.
const CALLBACK_ERRORS: [&str; 11] = [
    "access_denied",
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
];

/// What logging in at a provider needs.
#[derive(Clone)]
pub struct OutsideLogins {
    provider: Rc<dyn OutsideProvider>,
    rules: BrokerRules,
    /// Where the rules run, since the store may block.
    store: BlockingPool,
    /// Knows which grants hold tokens of the provider.
    tokens: TokenStoreHandle,
    refreshes: Joined<GrantId, RefreshUpstreamTokensReply>,
    health: Arc<ProviderHealth>,
    releases: Releases,
}

impl OutsideLogins {
    /// Logins at this provider, with the store's part in this pool, for grants of this store.
    #[must_use]
    pub fn new(
        provider: Rc<dyn OutsideProvider>,
        rules: BrokerRules,
        store: BlockingPool,
        tokens: TokenStoreHandle,
    ) -> Self {
        let clock = Arc::clone(&rules.clock);
        Self {
            health: Arc::new(ProviderHealth::new(provider.name(), clock)),
            provider,
            rules,
            store,
            tokens,
            refreshes: Joined::default(),
            releases: Releases::default(),
        }
    }

    /// Whether the provider answers.
    #[must_use]
    pub fn health(&self) -> Arc<ProviderHealth> {
        Arc::clone(&self.health)
    }

    /// The tokens on their way back to the provider.
    #[must_use]
    pub fn releases(&self) -> Releases {
        self.releases.clone()
    }

    /// Sends a browser to the provider for a client that was approved.
    pub(super) async fn begin_login(self, message: BeginLogin) -> Result<BeginLoginReply, CallError> {
        let (request, _) = message.approved.into_parts();
        let purpose = LoginPurpose::Authorize(Box::new(request));
        self.depart(purpose, message.browser, &message.public_url).await
    }

    /// Sends a browser to the provider to sign in for itself.
    pub(super) async fn begin_sign_in(self, message: BeginSignIn) -> Result<BeginSignInReply, CallError> {
        let departure = self.depart(LoginPurpose::SignIn, message.browser, &message.public_url);
        let departure = departure.await?;
        Ok(departure.map(SignInStart::Provider))
    }

    async fn depart(
        &self,
        purpose: LoginPurpose,
        browser: Option<Secret>,
        public_url: &str,
    ) -> Result<Result<Departure, BeginError>, CallError> {
        let redirect_uri = format!("{public_url}{}", self.provider.callback_path());
        let leaving = match self.rules.draw_login(redirect_uri) {
            Ok(leaving) => leaving,
            Err(error) => return Ok(Err(error.into())),
        };
        let request = UpstreamRequest {
            state: &leaving.state,
            redirect_uri: &leaving.secrets.redirect_uri,
            challenge: &leaving.secrets.verifier.challenge(),
            nonce: &leaving.secrets.nonce,
        };
        let url = self.provider.authorization_url(&request).await;
        let url = match self.health.note_failure(url) {
            Ok(url) => url,
            Err(error) => return Ok(Err(error.into())),
        };
        let (rules, provider) = (self.rules.clone(), self.provider.name().to_owned());
        let store = move || rules.store_login(&leaving, purpose, provider, browser.as_ref());
        let stored = self.store.run(store).await?;
        Ok(stored.map(|new_browser| Departure { url, new_browser }))
    }

    /// Completes the login that a callback names.
    pub(super) async fn complete_login(
        self,
        message: CompleteLogin,
    ) -> Result<CompleteLoginReply, CallError> {
        let CompleteLogin {
            ref answer,
            ref session,
            ..
        } = message;
        let (answer, session) = (answer.clone(), session.clone());
        let rules = self.rules.clone();
        let take = move || rules.take_login(&message);
        let returned = match self.store.run(take).await? {
            Ok(returned) => returned,
            Err(error) => return Ok(Err(error)),
        };
        let (grant, identity) = match self.ask_provider(answer, &returned).await {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        self.finish(grant, identity, session, returned.purpose).await
    }

    async fn ask_provider(
        &self,
        answer: ProviderAnswer,
        returned: &Returned,
    ) -> Result<(UpstreamGrant, UserIdentity), CompleteLoginError> {
        let failed = |error: ProviderError| CompleteLoginError::Provider {
            purpose: Box::new(returned.purpose.clone()),
            error,
        };
        let (code, issuer) = match answer {
            ProviderAnswer::Code { code, issuer } => (code, issuer),
            ProviderAnswer::Error { error } => {
                return Err(CompleteLoginError::Denied {
                    purpose: Box::new(returned.purpose.clone()),
                    error: known_error(&error),
                });
            }
        };
        let expected = self.health.note_failure(self.provider.callback_issuer().await);
        let checked = check_issuer(issuer.as_deref(), &expected.map_err(failed)?);
        checked.map_err(|refusal| CompleteLoginError::Refused {
            refusal,
            attempt: returned.purpose.attempt(),
        })?;
        let found = self.exchange_and_read(&code, &returned.secrets).await;
        self.health.note(found).map_err(failed)
    }

    async fn exchange_and_read(
        &self,
        code: &Secret,
        secrets: &UpstreamSecrets,
    ) -> Result<(UpstreamGrant, UserIdentity), ProviderError> {
        let grant = self.provider.exchange_code(code, secrets).await?;
        // Whose tokens they are is not known otherwise, so nobody can say whether another login lives by them: they are
        // forgotten, not given back.
        let identity = self.provider.read_user(&grant, secrets).await?;
        Ok((grant, identity))
    }

    async fn finish(
        &self,
        grant: UpstreamGrant,
        identity: UserIdentity,
        session: Option<Secret>,
        purpose: LoginPurpose,
    ) -> Result<CompleteLoginReply, CallError> {
        let (rules, key) = (self.rules.clone(), identity.key.clone());
        let finish = move || rules.finish_login(identity, session.as_ref());
        let (user, session) = match self.store.run(finish).await {
            Ok(Ok(finished)) => finished,
            Ok(Err(error)) => {
                self.let_go(key, grant.tokens);
                return Ok(Err(error));
            }
            Err(error) => {
                self.let_go(key, grant.tokens);
                return Err(error);
            }
        };
        Ok(Ok(CompletedLogin {
            purpose,
            user,
            upstream_tokens: grant.tokens,
            session,
        }))
    }

    /// New tokens for a grant. Calls for one grant that come at once share one answer, because a provider that rotates
    /// refresh tokens takes a second call for theft.
    pub(super) async fn refresh(
        self,
        message: RefreshUpstreamTokens,
    ) -> Result<RefreshUpstreamTokensReply, CallError> {
        let ask = || self.refresh_alone(&message);
        Ok(self.refreshes.run(message.grant, ask).await)
    }

    async fn refresh_alone(&self, message: &RefreshUpstreamTokens) -> RefreshUpstreamTokensReply {
        let before = self.unseal(&message.provider, message.grant, &message.tokens)?;
        let refresh_token = before.refresh_token.ok_or(UpstreamError::NoRefreshToken)?;
        let mut tokens = self
            .health
            .note(self.provider.refresh(&refresh_token, &message.user).await)?;
        tokens.refresh_token = tokens.refresh_token.or(Some(refresh_token));
        let (keys, randomness) = (&self.rules.keys, self.rules.randomness.as_ref());
        let sealed = tokens.seal(keys, randomness, message.grant)?;
        Ok(RefreshedTokens { tokens, sealed })
    }

    fn unseal(
        &self,
        provider: &str,
        grant: GrantId,
        sealed: &Sealed,
    ) -> Result<UpstreamTokens, UpstreamError> {
        if provider != self.provider.name() {
            return Err(UpstreamError::UnknownProvider {
                provider: provider.to_owned(),
            });
        }
        Ok(UpstreamTokens::unseal(sealed, &self.rules.keys, grant)?)
    }
}

/// A provider that says who it is must say so with each code (RFC 9207 section 2.4). An error carries nothing that could be
/// taken to the wrong provider.
fn check_issuer(said: Option<&str>, expected: &CallbackIssuer) -> Result<(), CallbackRefusal> {
    let is_right = match (said, expected) {
        (_, CallbackIssuer::Never) | (None, CallbackIssuer::Perhaps(_)) => true,
        (None, CallbackIssuer::Always(_)) => false,
        (Some(said), CallbackIssuer::Perhaps(issuer) | CallbackIssuer::Always(issuer)) => said == issuer,
    };
    is_right.then_some(()).ok_or(CallbackRefusal::OtherProvider)
}

fn known_error(error: &str) -> &'static str {
    CALLBACK_ERRORS
        .into_iter()
        .find(|known| *known == error)
        .unwrap_or("server_error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_that_names_another_issuer_or_none_where_one_is_promised_is_refused() {
        let issuer = || "https://idp.example".to_owned();
        let (always, perhaps) = (
            CallbackIssuer::Always(issuer()),
            CallbackIssuer::Perhaps(issuer()),
        );
        for (said, expected, is_right) in [
            (Some("https://idp.example"), &always, true),
            (Some("https://idp.example/"), &always, false),
            (None, &always, false),
            (Some("https://idp.example"), &perhaps, true),
            (Some("https://evil.example"), &perhaps, false),
            (None, &perhaps, true),
            (Some("https://evil.example"), &CallbackIssuer::Never, true),
        ] {
            let checked = check_issuer(said, expected);
            assert_eq!(checked.is_ok(), is_right, "{said:?} {expected:?}");
        }
    }
}
