//! How the broker keeps logins that are at the provider: bound to one browser, used up by the first callback that names
//! them, with their secrets sealed. Talking to the provider is in `outside_login.rs`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::errors::{BeginError, CompleteLoginError};
use super::messages::{CompleteLogin, NewBrowserSession};
use super::provider::UpstreamSecrets;
use super::rules::{BrokerRules, already_there};
use crate::domain::opaque_token::{BrowserToken, LoginState};
use crate::domain::pending_login::{LONGEST_PENDING_LOGIN, LoginPurpose, PendingLogin};
use crate::domain::pkce::CodeVerifier;
use crate::domain::randomness::RandomnessUnavailable;
use crate::domain::sealing::{SealError, Sealed, SealingContext, UnsealError};
use crate::domain::secret::{Secret, SecretDigest};
use crate::domain::user::{UserAccount, UserIdentity};
use crate::store::StoreError;

/// A login that is about to leave.
pub(super) struct Leaving {
    pub(super) state: LoginState,
    pub(super) secrets: UpstreamSecrets,
}

/// A login that has come back, and is used up.
pub(super) struct Returned {
    pub(super) purpose: LoginPurpose,
    pub(super) secrets: UpstreamSecrets,
}

/// The form inside the seal. Private, so that the secrets cannot be written anywhere else.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    verifier: Cow<'a, str>,
    nonce: Cow<'a, str>,
    redirect_uri: Cow<'a, str>,
}

impl BrokerRules {
    /// Draws what a login upstream needs that comes back to `redirect_uri`.
    pub(super) fn draw_login(&self, redirect_uri: String) -> Result<Leaving, RandomnessUnavailable> {
        let randomness = self.randomness.as_ref();
        let nonce: [u8; 32] = randomness.bytes()?;
        Ok(Leaving {
            state: LoginState::generate(randomness)?,
            secrets: UpstreamSecrets {
                verifier: CodeVerifier::from_bits(&randomness.bytes()?),
                nonce: Secret::new(URL_SAFE_NO_PAD.encode(nonce)),
                redirect_uri,
            },
        })
    }

    /// Keeps a login until its browser comes back. Answers the cookie to set, if the browser had none.
    pub(super) fn store_login(
        &self,
        leaving: &Leaving,
        purpose: LoginPurpose,
        provider: String,
        browser: Option<&Secret>,
    ) -> Result<Option<BrowserToken>, BeginError> {
        let (browser, new_browser) = self.browser(browser)?;
        let state = leaving.state.digest(&self.keys);
        let now = self.now();
        let login = PendingLogin {
            state,
            browser,
            provider,
            purpose,
            upstream_secrets: self.seal(&leaving.secrets, &state)?,
            created_at: now,
            expires_at: now + self.settings.pending_login_lifetime.min(LONGEST_PENDING_LOGIN),
        };
        if !self.store.pending_logins.insert_pending_login(&login)? {
            return Err(already_there("insert pending login").into());
        }
        Ok(new_browser)
    }

    /// Takes the login that a callback names. It is gone afterwards, whatever the answer.
    pub(super) fn take_login(&self, message: &CompleteLogin) -> Result<Returned, CompleteLoginError> {
        let state = LoginState::parse(message.state.expose()).map_err(|_| CompleteLoginError::Unknown)?;
        let login = self.take(&state)?.ok_or(CompleteLoginError::Unknown)?;
        let browser = self.recognise(message.browser.as_ref(), &login.browser);
        let checked = login.check_callback(browser.as_ref(), &message.provider, self.now());
        checked.map_err(|refusal| CompleteLoginError::Refused {
            refusal,
            attempt: login.purpose.attempt(),
        })?;
        Ok(Returned {
            secrets: self.unseal(&login.upstream_secrets, &login.state)?,
            purpose: login.purpose,
        })
    }

    /// Signs the browser of a completed login in.
    pub(super) fn finish_login(
        &self,
        identity: UserIdentity,
        earlier: Option<&Secret>,
    ) -> Result<(UserAccount, NewBrowserSession), CompleteLoginError> {
        let user = self.record_login(identity)?;
        let session = self.new_session(&user.identity.key, earlier)?;
        Ok((user, session))
    }

    fn take(&self, state: &LoginState) -> Result<Option<PendingLogin>, StoreError> {
        for digest in state.digests(&self.keys) {
            if let Some(login) = self.store.pending_logins.take_pending_login(&digest)? {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }

    fn seal(&self, secrets: &UpstreamSecrets, state: &SecretDigest) -> Result<Sealed, SealError> {
        let plain = Plain {
            verifier: secrets.verifier.secret().expose().into(),
            nonce: secrets.nonce.expose().into(),
            redirect_uri: secrets.redirect_uri.as_str().into(),
        };
        let bytes = serde_json::to_vec(&plain)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Cipher)?;
        self.keys
            .seal(self.randomness.as_ref(), context(&owner(state)), &bytes)
    }

    fn unseal(&self, sealed: &Sealed, state: &SecretDigest) -> Result<UpstreamSecrets, UnsealError> {
        let bytes = self.keys.unseal(context(&owner(state)), sealed)?;
        let plain: Plain<'_> = serde_json::from_slice(&bytes).map_err(|_| UnsealError::Damaged)?;
        Ok(UpstreamSecrets {
            verifier: CodeVerifier::parse(&plain.verifier).map_err(|_| UnsealError::Damaged)?,
            nonce: Secret::new(plain.nonce.into_owned()),
            redirect_uri: plain.redirect_uri.into_owned(),
        })
    }
}

fn owner(state: &SecretDigest) -> String {
    URL_SAFE_NO_PAD.encode(state.as_bytes())
}

const fn context(owner: &str) -> SealingContext<'_> {
    SealingContext {
        purpose: "upstream login",
        owner,
    }
}
