//! What is asked of the broker about browsers whose users are signed in.

use crate::domain::clock::Timestamp;
use crate::domain::opaque_token::BrowserSessionToken;
use crate::domain::secret::Secret;
use crate::domain::user::{UserAccount, UserKey};
use crate::store::StoreError;

/// A browser session that was just made.
#[derive(Debug)]
pub struct NewBrowserSession {
    /// The cookie to set. Its value is new at each login, whatever the browser brought.
    pub token: BrowserSessionToken,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// A browser with a session asks for a page. Answered by [`FindBrowserSessionReply`].
#[derive(Clone, Debug)]
pub struct FindBrowserSession {
    /// The cookie.
    pub session: Secret,
}

/// Who is signed in, if anybody.
pub type FindBrowserSessionReply = Result<Option<SignedIn>, StoreError>;

/// A user who is signed in to this server's pages.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// Who it is, as of the latest login.
    pub user: UserAccount,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// A user signs out of this browser. Answered by [`EndBrowserSessionReply`].
#[derive(Clone, Debug)]
pub struct EndBrowserSession {
    /// The cookie.
    pub session: Secret,
}

/// Who was signed in, if anybody.
pub type EndBrowserSessionReply = Result<Option<UserKey>, StoreError>;

/// A user signs out everywhere, or the operator locks a user out. Answered by [`EndBrowserSessionsOfUserReply`].
#[derive(Clone, Debug)]
pub struct EndBrowserSessionsOfUser {
    /// Whose sessions.
    pub user: UserKey,
}

/// How many sessions there were.
pub type EndBrowserSessionsOfUserReply = Result<u64, StoreError>;
