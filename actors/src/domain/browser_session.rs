//! A browser in which a user has signed in to this server's own pages.
//!
//! It opens the front page and saves a second login; it is no token and opens no tool.

use super::clock::Timestamp;
use super::secret::SecretDigest;
use super::user::UserKey;

/// A signed-in browser. Its cookie is a [`super::opaque_token::BrowserSessionToken`], made anew at every login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// The digest of the cookie.
    pub id: SecretDigest,
    /// Who signed in.
    pub user: UserKey,
    /// When.
    pub created_at: Timestamp,
    /// When the session ends.
    pub expires_at: Timestamp,
}

impl BrowserSession {
    /// Whether the session has ended.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}
