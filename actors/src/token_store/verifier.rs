//! The way to ask the store of tokens. Verifying is answered from what was found a moment ago, if it was; all else is
//! a message.

use std::sync::Arc;

use super::actor::TokenStore;
use super::messages::{VerifyPurpose, VerifyToken, VerifyTokenError};
use super::signing::looks_signed;
use super::verified_tokens::{Verification, VerificationCounts, VerifiedTokens};
use crate::domain::clock::Clock;
use crate::domain::opaque_token::AccessToken;
use crate::domain::secret::{Secret, SecretDigest};
use crate::error::CallError;
use crate::handle::{Answers, Handle, HandleStatus, Request};

/// Asks the store of tokens. Clones share the actor and the cache.
#[derive(Clone)]
pub struct TokenStoreHandle {
    handle: Handle<TokenStore>,
    verified: Arc<VerifiedTokens>,
    clock: Arc<dyn Clock>,
}

impl TokenStoreHandle {
    /// A handle to a started actor, with the cache that the actor empties on revocation.
    #[must_use]
    pub const fn new(
        handle: Handle<TokenStore>,
        verified: Arc<VerifiedTokens>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            handle,
            verified,
            clock,
        }
    }

    /// Who calls with this token: as found less than a second ago, or as the actor finds now.
    pub async fn verify(&self, request: VerifyToken) -> Verification {
        // What cannot be a token of ours is refused before anybody is asked, and never becomes a key.
        let text = request.token.expose();
        if AccessToken::parse(text).is_err() && !looks_signed(text) {
            self.verified.count_refused();
            return Ok(Err(VerifyTokenError::Unknown));
        }
        let token = cache_key(&request);
        let resource = request.resource.clone();
        let ask = || async {
            let reply = self.handle.ask(request).await?;
            Ok(reply.map(Arc::new))
        };
        self.verified
            .verify(token, resource, self.clock.as_ref(), ask)
            .await
    }

    /// Asks anything else.
    pub async fn ask<R>(&self, request: R) -> Result<R::Answer, CallError>
    where
        R: Request,
        TokenStore: Answers<R>,
    {
        self.handle.ask(request).await
    }

    /// What became of the tokens that were presented.
    #[must_use]
    pub fn verifications(&self) -> VerificationCounts {
        self.verified.counts()
    }

    /// The counters of the messages; hits are not among them.
    #[must_use]
    pub fn status(&self) -> HandleStatus {
        self.handle.status()
    }

    pub(crate) async fn stop(&self) {
        self.handle.stop().await;
    }
}

/// What was found counts for who showed the same for the same purpose, so that nobody's use goes unnoticed for another one's.
fn cache_key(request: &VerifyToken) -> SecretDigest {
    let token = request.token.expose();
    // No token has a space.
    match &request.purpose {
        VerifyPurpose::Call { key: None } => SecretDigest::plain(&request.token),
        VerifyPurpose::Call { key: Some(key) } => {
            SecretDigest::plain(&Secret::new(format!("{token} {}", key.as_str())))
        }
        VerifyPurpose::Inspection => SecretDigest::plain(&Secret::new(format!("{token} inspection"))),
    }
}
