//! Why the keys of a client cannot be had. The messages name no address and repeat nothing of what lies there.

use std::time::Duration;

use crate::client_registry::reading_bounds::TooManyReadings;
use crate::domain::client::PolicyRefusal;
use crate::jose::KeySetError;
use crate::outbound::OutboundError;

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetRefusal {
    /// What the client gave is no address.
    #[error("jwks_uri is no address")]
    Address,
    /// Keys may not be read there.
    #[error("jwks_uri: {0}")]
    Policy(#[from] PolicyRefusal),
    /// Its server was not asked, or did not answer.
    #[error("the server of jwks_uri: {0}")]
    Outbound(#[from] OutboundError),
    /// Its server sends elsewhere, where nobody follows.
    #[error("the server of jwks_uri redirects, and redirects are not followed")]
    Redirect,
    /// Its server has no keys.
    #[error("the server of jwks_uri answers with the status {0}")]
    Status(u16),
    /// What lies there, or what the client registered, is no set of keys.
    #[error("jwks: {0}")]
    Content(#[from] KeySetError),
    /// Too much is read already.
    #[error(transparent)]
    TooMany(#[from] TooManyReadings),
}

impl KeySetRefusal {
    /// When the same address may well be good again; `None` if that is not to be expected.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        const A_LITTLE: Duration = Duration::from_secs(2);
        match self {
            Self::TooMany(TooManyReadings { wait }) => Some(*wait),
            Self::Status(status) => (*status >= 500 || *status == 429).then_some(A_LITTLE),
            Self::Outbound(error) => error.is_temporary().then_some(A_LITTLE),
            Self::Address | Self::Policy(_) | Self::Redirect | Self::Content(_) => None,
        }
    }
}
