//! A login that has left for the identity provider and has not come back.
//!
//! It belongs to one browser and is used up by the first callback that names it, whatever that callback contains.
//! Talking to the provider is `provider_broker`'s.

use std::time::Duration;

use super::authorization_request::AuthorizationRequest;
use super::clock::Timestamp;
use super::login_attempt::AttemptId;
use super::sealing::Sealed;
use super::secret::SecretDigest;

/// The longest time that a login may take at the provider.
pub const LONGEST_PENDING_LOGIN: Duration = Duration::from_mins(10);

/// What happens when the user comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginPurpose {
    /// A client gets a code.
    Authorize(Box<AuthorizationRequest>),
    /// The browser itself is signed in, and goes to the front page.
    SignIn,
}

impl LoginPurpose {
    /// The attempt that it belongs to, where a client began it.
    #[must_use]
    pub fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Authorize(request) => request.attempt,
            Self::SignIn => None,
        }
    }
}

/// A login under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLogin {
    /// The digest of the `state` that the provider gives back.
    pub state: SecretDigest,
    /// The digest of the cookie of the browser that began the login.
    pub browser: SecretDigest,
    /// The configured provider whose callback may complete it.
    pub provider: String,
    /// What it is for.
    pub purpose: LoginPurpose,
    /// The PKCE verifier and the nonce that were sent upstream, sealed.
    pub upstream_secrets: Sealed,
    /// When the browser was sent away.
    pub created_at: Timestamp,
    /// When it is too late to come back.
    pub expires_at: Timestamp,
}

/// Why a callback does not complete a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackRefusal {
    /// The provider took longer than [`LONGEST_PENDING_LOGIN`], or the user did.
    #[error("Invalid state parameter: the login has expired; start again")]
    Expired,
    /// The callback came from another browser than the one that consented (CVE-2026-27124).
    #[error("Invalid state parameter: the login was started in another browser")]
    OtherBrowser,
    /// The callback came to the address of another provider (RFC 9700 section 4.4).
    #[error("Invalid state parameter: the login was started with another provider")]
    OtherProvider,
}

impl PendingLogin {
    /// Whether a callback may complete this login. Call it only after the store has given the login away for good.
    pub fn check_callback(
        &self,
        browser: Option<&SecretDigest>,
        provider: &str,
        now: Timestamp,
    ) -> Result<(), CallbackRefusal> {
        if self.expires_at <= now {
            return Err(CallbackRefusal::Expired);
        }
        if self.provider != provider {
            return Err(CallbackRefusal::OtherProvider);
        }
        if browser != Some(&self.browser) {
            return Err(CallbackRefusal::OtherBrowser);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    fn digest(text: &str) -> SecretDigest {
        SecretDigest::plain(&Secret::new(text))
    }

    fn pending() -> PendingLogin {
        PendingLogin {
            state: digest("state"),
            browser: digest("browser"),
            provider: "github".to_owned(),
            purpose: LoginPurpose::SignIn,
            upstream_secrets: Sealed::from_bytes(Vec::new()),
            created_at: Timestamp::from_seconds(0),
            expires_at: Timestamp::from_seconds(600),
        }
    }

    #[test]
    fn the_same_browser_comes_back_in_time() {
        let in_time = Timestamp::from_seconds(599);
        assert_eq!(
            pending().check_callback(Some(&digest("browser")), "github", in_time),
            Ok(())
        );
    }

    #[test]
    fn another_browser_or_provider_or_a_late_callback_is_refused() {
        let (browser, victim) = (digest("browser"), digest("victim"));
        let in_time = Timestamp::from_seconds(599);
        let check = |browser, provider, now| pending().check_callback(browser, provider, now);
        assert_eq!(
            check(Some(&victim), "github", in_time),
            Err(CallbackRefusal::OtherBrowser)
        );
        assert_eq!(check(None, "github", in_time), Err(CallbackRefusal::OtherBrowser));
        assert_eq!(
            check(Some(&browser), "google", in_time),
            Err(CallbackRefusal::OtherProvider)
        );
        let too_late = Timestamp::from_seconds(600);
        assert_eq!(
            check(Some(&browser), "github", too_late),
            Err(CallbackRefusal::Expired)
        );
    }
}
