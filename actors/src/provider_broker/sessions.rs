//! How the broker keeps browser sessions: which browser a user is signed in with.

use super::messages::{
    EndBrowserSession, EndBrowserSessionReply, EndBrowserSessionsOfUser, EndBrowserSessionsOfUserReply,
    FindBrowserSession, FindBrowserSessionReply, NewBrowserSession, SignedIn,
};
use super::rules::{BrokerRules, already_there};
use crate::domain::browser_session::BrowserSession;
use crate::domain::opaque_token::BrowserSessionToken;
use crate::domain::secret::Secret;
use crate::domain::user::UserKey;
use crate::store::{MintError, StoreError};

impl BrokerRules {
    /// Signs a browser in under a value that nobody can have planted there, and ends the session that it brought.
    pub(super) fn new_session(
        &self,
        user: &UserKey,
        earlier: Option<&Secret>,
    ) -> Result<NewBrowserSession, MintError> {
        let token = BrowserSessionToken::generate(self.randomness.as_ref())?;
        let now = self.now();
        let session = BrowserSession {
            id: token.digest(&self.keys),
            user: user.clone(),
            created_at: now,
            expires_at: now + self.settings.browser_session_lifetime,
        };
        if !self.store.browser_sessions.insert_browser_session(&session)? {
            return Err(already_there("insert browser session").into());
        }
        if let Some(earlier) = earlier {
            self.delete_session(earlier)?;
        }
        Ok(NewBrowserSession {
            token,
            expires_at: session.expires_at,
        })
    }

    /// Who is signed in with this cookie.
    pub fn find_browser_session(&self, message: &FindBrowserSession) -> FindBrowserSessionReply {
        self.signed_in(&message.session)
    }

    pub(super) fn signed_in(&self, cookie: &Secret) -> Result<Option<SignedIn>, StoreError> {
        let session = self.find_session(cookie)?;
        let Some(session) = session.filter(|session| !session.is_expired(self.now())) else {
            return Ok(None);
        };
        let user = self.account(&session.user)?;
        let expires_at = session.expires_at;
        Ok(user.map(|user| SignedIn { user, expires_at }))
    }

    /// Ends the session of this cookie.
    pub fn end_browser_session(&self, message: &EndBrowserSession) -> EndBrowserSessionReply {
        self.delete_session(&message.session)
    }

    /// Ends all sessions of a user.
    pub fn end_browser_sessions_of_user(
        &self,
        message: &EndBrowserSessionsOfUser,
    ) -> EndBrowserSessionsOfUserReply {
        self.store
            .browser_sessions
            .delete_browser_sessions_of_user(&message.user)
    }

    fn delete_session(&self, cookie: &Secret) -> Result<Option<UserKey>, StoreError> {
        let Some(session) = self.find_session(cookie)? else {
            return Ok(None);
        };
        let is_ended = self.store.browser_sessions.delete_browser_session(&session.id)?;
        Ok(is_ended.then_some(session.user))
    }

    fn find_session(&self, cookie: &Secret) -> Result<Option<BrowserSession>, StoreError> {
        let Ok(token) = BrowserSessionToken::parse(cookie.expose()) else {
            return Ok(None);
        };
        for id in token.digests(&self.keys) {
            if let Some(session) = self.store.browser_sessions.find_browser_session(&id)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }
}
