//! Why the broker does not do what it was asked.

use std::time::Duration;

use super::provider::ProviderError;
use crate::domain::interaction::InteractionRefusal;
use crate::domain::login_attempt::AttemptId;
use crate::domain::password::PasswordError;
use crate::domain::pending_login::{CallbackRefusal, LoginPurpose};
use crate::domain::randomness::RandomnessUnavailable;
use crate::domain::sealing::{SealError, UnsealError};
use crate::error::CallError;
use crate::store::{MintError, StoreError};

/// Why no login begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Users log in at this server; there is no provider to send them to.
    #[error("logins happen at this server; there is no outside provider")]
    NoOutsideProvider,
    /// The provider cannot be asked just now, or answered nonsense.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// No identifier could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The secrets of the login could not be sealed (500).
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a page is not shown or its answer not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InteractionError {
    /// The page is not this browser's, or its time is over (400 or 403, as a page and never a redirect).
    #[error(transparent)]
    Refused(#[from] InteractionRefusal),
    /// The store failed (503 or 500); the page can be answered again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody is logged in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogInError {
    /// The page is not this browser's, or its time is over.
    #[error(transparent)]
    Refused(#[from] InteractionRefusal),
    /// Nobody has this name and password. Which of the two was wrong is not known even here.
    #[error("the username or the password is wrong")]
    WrongCredentials,
    /// Too many wrong passwords for this name or from this network (429). No password was checked.
    #[error("too many failed logins; try again in {} s", retry_after.as_secs().max(1))]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Users log in at an outside provider, not with passwords.
    #[error("logins happen at the identity provider, not with a password")]
    NoPasswords,
    /// The password could not be checked (500).
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No session could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The store failed (503 or 500); the page can be answered again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a callback logs nobody in. The variants with a `purpose` lead the browser back to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompleteLoginError {
    /// Nobody began this login, or it was completed before (400, as a page).
    #[error("Invalid state parameter: the login is unknown or was completed before; start again")]
    Unknown,
    /// The login is another browser's or provider's, or too old (403, as a page). It cannot be used any more.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: CallbackRefusal,
        /// The attempt that the login belongs to.
        attempt: Option<AttemptId>,
    },
    /// The user or the provider said no, or not now.
    #[error("the identity provider refused the login: {error}")]
    Denied {
        /// What the login was for.
        purpose: Box<LoginPurpose>,
        /// The provider's error code if it is a registered one, and `server_error` otherwise.
        error: &'static str,
    },
    /// The provider did not do what it must; [`ProviderError::code`] says what the client is told.
    #[error("{error}")]
    Provider {
        /// What the login was for.
        purpose: Box<LoginPurpose>,
        /// What went wrong.
        error: ProviderError,
    },
    /// The key that the login's secrets were sealed with has left the ring (500).
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// No session could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The store failed (503 or 500). The login is over, its user must start again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a grant's upstream tokens were not refreshed or revoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The tokens came from a provider that is not configured any more.
    #[error("the provider {provider:?} is not configured any more")]
    UnknownProvider {
        /// Its name at the time.
        provider: String,
    },
    /// The provider gave no refresh token; the user must log in again when the access token ends.
    #[error("the provider gave no refresh token; log in again")]
    NoRefreshToken,
    /// The provider said no, or cannot be asked; [`ProviderError::is_temporary`] tells which.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The new tokens could not be sealed (500).
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Whether the user needs them elsewhere cannot be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store does not say whether the user needs them elsewhere.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InteractionError> for LogInError {
    fn from(error: InteractionError) -> Self {
        match error {
            InteractionError::Refused(refusal) => Self::Refused(refusal),
            InteractionError::Store(error) => Self::Store(error),
        }
    }
}

impl From<MintError> for LogInError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Randomness(error) => Self::Randomness(error),
            MintError::Store(error) => Self::Store(error),
        }
    }
}

impl From<MintError> for CompleteLoginError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Randomness(error) => Self::Randomness(error),
            MintError::Store(error) => Self::Store(error),
        }
    }
}
