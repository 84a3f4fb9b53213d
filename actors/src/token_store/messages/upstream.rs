//! What is asked about the provider's tokens in a grant: who renews them, what became of it, and who else needs them when a grant
//! has ended.

use crate::domain::grant::GrantId;
use crate::domain::sealing::{SealError, Sealed, UnsealError};
use crate::domain::upstream_tokens::UpstreamAccess;
use crate::domain::user::UserKey;
use crate::store::{StoreError, TakenTokens};

/// A call needs its user's access token at the provider, and the one that it has is about to end. Answered by
/// [`BeginUpstreamRefreshReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeginUpstreamRefresh {
    /// The grant that holds the tokens.
    pub grant: GrantId,
}

/// What is to be done about it.
pub type BeginUpstreamRefreshReply = Result<UpstreamRefresh, UpstreamRefreshError>;

/// What is to be done about an access token at the provider that is about to end.
#[derive(Clone, Debug)]
pub enum UpstreamRefresh {
    /// Nothing: somebody has refreshed it.
    Ready(UpstreamAccess),
    /// Nothing but to ask again soon: somebody is refreshing it. Until then there is the old one.
    UnderWay(UpstreamAccess),
    /// The caller refreshes it, and nobody else until the caller says [`EndUpstreamRefresh`] or its time is over.
    Yours {
        /// The provider that the tokens came from.
        provider: String,
        /// The tokens, with the note that they are being refreshed.
        noted: Sealed,
        /// The access token of before.
        old: UpstreamAccess,
    },
}

/// Why nothing can be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamRefreshError {
    /// The grant has ended, or holds no tokens.
    #[error("the login has ended; log in again")]
    Ended,
    /// The access token has ended, and the provider gave nothing to renew it with.
    #[error("the identity provider's token has ended and cannot be renewed; log in again")]
    NotRefreshable,
    /// The tokens cannot be read (500).
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The tokens could not be sealed (500).
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whoever got [`UpstreamRefresh::Yours`] has asked the provider. Answered by [`EndUpstreamRefreshReply`].
#[derive(Clone, Debug)]
pub struct EndUpstreamRefresh {
    /// The grant that holds the tokens.
    pub grant: GrantId,
    /// What [`UpstreamRefresh::Yours`] held.
    pub noted: Sealed,
    /// The new tokens, sealed; `None` if the provider could not be asked, so that the next one may try.
    pub renewed: Option<Sealed>,
}

/// Whether the grant holds the outcome. If not, it has ended, or the time for refreshing it was over and somebody else
/// has begun.
pub type EndUpstreamRefreshReply = Result<bool, UpstreamRefreshError>;

/// A grant has ended, and its upstream tokens are forgotten here. Answered by [`TakeUpstreamTokensReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeUpstreamTokens {
    /// The grant.
    pub grant: GrantId,
}

/// The tokens, and whether their user needs the login at the provider for another grant. `None` if there are none, or the
/// grant has not ended.
pub type TakeUpstreamTokensReply = Result<Option<TakenTokens>, StoreError>;

/// Whether a login at the provider is needed. Answered by [`HasUpstreamTokensReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HasUpstreamTokens {
    /// Whose login.
    pub user: UserKey,
}

/// Whether a grant of the user that has not ended holds upstream tokens.
pub type HasUpstreamTokensReply = Result<bool, StoreError>;
