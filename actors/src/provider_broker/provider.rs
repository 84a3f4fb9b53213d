//! What an outside identity provider must be able to do. One file in `providers/` implements this for each of them.
//!
//! A provider translates between its own dialect and the types here; it stores nothing and decides nothing about
//! browsers, sessions or consents. Its futures stay on the broker's thread, so they need not be `Send`.

use std::future::Future;
use std::pin::Pin;

use url::Url;

use crate::domain::opaque_token::LoginState;
use crate::domain::pkce::{CodeChallenge, CodeVerifier};
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey};

/// The answer of a provider, later.
pub type ProviderFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + 'a>>;

/// An outside identity provider, configured.
pub trait OutsideProvider {
    /// Its name in the configuration, in callback addresses and in user records: `github`, `google`, …
    fn name(&self) -> &str;

    /// Whether and how its callbacks name it. One that does not is told from others by its callback path.
    fn callback_issuer(&self) -> ProviderFuture<'_, CallbackIssuer> {
        Box::pin(async { Ok(CallbackIssuer::Never) })
    }

    /// The path of this server that it sends browsers back to.
    fn callback_path(&self) -> &str;

    /// The address that a browser is sent to in order to log in.
    fn authorization_url<'a>(&'a self, departure: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String>;

    /// Exchanges the code of a callback (RFC 6749 section 4.1.3).
    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant>;

    /// Reads who the user is, and refuses those whom the configuration does not let in.
    fn read_user<'a>(
        &'a self,
        grant: &'a UpstreamGrant,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity>;

    /// Exchanges the refresh token of this user for new tokens (RFC 6749 section 6). A provider that gives no new refresh
    /// token leaves it out, and the old one is kept.
    fn refresh<'a>(
        &'a self,
        refresh_token: &'a Secret,
        user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens>;

    /// Tells the provider that the tokens are not needed any more (RFC 7009); does nothing if it has no such endpoint.
    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()>;
}

/// Whether and how a provider names itself in callbacks (RFC 9207), so that a code is not taken to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackIssuer {
    /// It does not.
    Never,
    /// It did not promise to; if `iss` is there, it has this value.
    Perhaps(String),
    /// `iss` is there and has this value.
    Always(String),
}

/// What an authorization request to a provider must carry; the provider adds its own client and scopes.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamRequest<'a> {
    /// `state`
    pub state: &'a LoginState,
    /// `redirect_uri`: where the browser comes back to.
    pub redirect_uri: &'a str,
    /// `code_challenge`, for the providers that know PKCE (RFC 7636).
    pub challenge: &'a CodeChallenge,
    /// `nonce`, for the providers that speak OpenID Connect.
    pub nonce: &'a Secret,
}

/// What must be shown, or found, when the browser has come back.
#[derive(Clone, Debug)]
pub struct UpstreamSecrets {
    /// `code_verifier`
    pub verifier: CodeVerifier,
    /// What the identity token must repeat.
    pub nonce: Secret,
    /// The `redirect_uri` of the departure, to be repeated at the token endpoint.
    pub redirect_uri: String,
}

/// A provider's answer at its token endpoint.
#[derive(Clone, Debug)]
pub struct UpstreamGrant {
    /// The tokens to keep.
    pub tokens: UpstreamTokens,
    /// `id_token`, for the providers that speak OpenID Connect.
    pub id_token: Option<Secret>,
    /// Where the user's data is served, for the providers that have users in several places.
    pub instance_url: Option<Url>,
}

/// Why a provider did not do what it was asked. What the provider said is never part of the message unless it is a
/// registered error code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, is overloaded or has an internal error. Nothing may be concluded from that.
    #[error("the identity provider {provider} cannot be asked just now: {reason}")]
    Unavailable {
        /// The provider's name.
        provider: String,
        /// What failed, without values.
        reason: &'static str,
    },
    /// It said no: the code or the refresh token is not, or no longer, good.
    #[error("the identity provider {provider} refused: {code}")]
    Refused {
        /// The provider's name.
        provider: String,
        /// Its error code, cut and cleaned.
        code: String,
    },
    /// Its answer is not what the protocol asks for.
    #[error("the identity provider {provider} gave an answer that cannot be used: {reason}")]
    InvalidAnswer {
        /// The provider's name.
        provider: String,
        /// What was wrong with it, without values.
        reason: &'static str,
    },
    /// It does not know this server as the configuration has it. Nothing may be concluded about anybody's login.
    #[error(
        "the identity provider {provider} does not accept this server: {code}; its operator must check client_id, client_secret and callback_path"
    )]
    Misconfigured {
        /// The provider's name.
        provider: String,
        /// Its error code, cut and cleaned.
        code: String,
    },
    /// It vouches for the user, but the configuration does not let that user in.
    #[error("the user may not log in here: {reason}")]
    UserNotAllowed {
        /// Which setting says so.
        reason: &'static str,
    },
}

impl ProviderError {
    pub(crate) fn unavailable(provider: &str, reason: &'static str) -> Self {
        Self::Unavailable {
            provider: provider.to_owned(),
            reason,
        }
    }

    /// `code` must be cut and cleaned.
    pub(super) fn refused(provider: &str, code: impl Into<String>) -> Self {
        Self::Refused {
            provider: provider.to_owned(),
            code: code.into(),
        }
    }

    pub(super) fn invalid_answer(provider: &str, reason: &'static str) -> Self {
        Self::InvalidAnswer {
            provider: provider.to_owned(),
            reason,
        }
    }

    /// `code` must be cut and cleaned.
    pub(super) fn misconfigured(provider: &str, code: impl Into<String>) -> Self {
        Self::Misconfigured {
            provider: provider.to_owned(),
            code: code.into(),
        }
    }

    /// The error code for the client (RFC 6749 section 4.1.2.1).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "temporarily_unavailable",
            Self::Refused { .. } | Self::UserNotAllowed { .. } => "access_denied",
            Self::InvalidAnswer { .. } | Self::Misconfigured { .. } => "server_error",
        }
    }

    /// Whether asking again may help; if not, the grant behind it has ended.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::InvalidAnswer { .. } | Self::Misconfigured { .. } => true,
            Self::Refused { .. } | Self::UserNotAllowed { .. } => false,
        }
    }
}
