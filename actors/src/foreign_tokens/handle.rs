//! The way to ask about a token: what was answered a moment ago is answered again, without asking.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;

use super::actor::ForeignTokens;
use super::answers::Answers;
use super::messages::CheckToken;
use crate::domain::clock::Clock;
use crate::domain::user::Principal;
use crate::error::CallError;
use crate::handle::{Handle, HandleSettings, HandleStatus};
use crate::provider_broker::providers::oidc::access_tokens::ForeignTokenError;

/// Questions that may be under way at once.
const CAPACITY: usize = 256;

/// Asks about tokens. Clones share what was answered.
#[derive(Clone)]
pub struct ForeignTokensHandle {
    handle: Handle<ForeignTokens>,
    answers: Arc<Answers>,
    clock: Arc<dyn Clock>,
}

pub(super) fn new(
    address: Addr<ForeignTokens>,
    deadline: Duration,
    answers: Arc<Answers>,
    clock: Arc<dyn Clock>,
) -> ForeignTokensHandle {
    let settings = HandleSettings {
        name: "foreign_tokens",
        capacity: CAPACITY,
        deadline,
        retry_after: Duration::from_secs(1),
    };
    ForeignTokensHandle {
        handle: Handle::new(address, settings),
        answers,
        clock,
    }
}

impl ForeignTokensHandle {
    /// What was answered about this token a moment ago.
    #[must_use]
    pub fn known(&self, question: &CheckToken) -> Option<Result<Arc<Principal>, ForeignTokenError>> {
        let found = self.answers.find(&Answers::digest(question), self.clock.now())?;
        Some(found.map_err(ForeignTokenError::from))
    }

    /// Asks what a token is worth.
    pub async fn check(
        &self,
        question: CheckToken,
    ) -> Result<Result<Arc<Principal>, ForeignTokenError>, CallError> {
        Ok(self.handle.ask(question).await?.map(Arc::new))
    }

    /// The counters of the actor.
    #[must_use]
    pub fn status(&self) -> HandleStatus {
        self.handle.status()
    }
}
