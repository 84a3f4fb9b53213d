//! The way to ask about a token: what was answered a moment ago is answered again, without asking.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;

use super::actor::ForeignTokens;
use super::answers::Answers;
use super::messages::CheckToken;
use super::used_proofs::{NoRoom, UsedProofs};
use crate::domain::client::SingleUse;
use crate::domain::clock::Clock;
use crate::domain::user::Principal;
use crate::error::CallError;
use crate::handle::{Handle, HandleSettings, HandleStatus};
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::providers::oidc::access_tokens::ForeignTokenError;

/// Questions that may be under way at once.
const CAPACITY: usize = 256;
/// What a caller is told to wait whose proof finds no place: so long it takes until some are forgotten.
const PROOFS_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Asks about tokens. Clones share what was answered, and which proofs were shown.
#[derive(Clone)]
pub struct ForeignTokensHandle {
    handle: Handle<ForeignTokens>,
    answers: Arc<Answers>,
    proofs: Arc<UsedProofs>,
    issuer: Arc<ProviderHealth>,
    clock: Arc<dyn Clock>,
}

pub(super) fn new(
    address: Addr<ForeignTokens>,
    deadline: Duration,
    answers: Arc<Answers>,
    issuer: Arc<ProviderHealth>,
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
        proofs: Arc::default(),
        issuer,
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

    /// Uses a proof up that is right. True for who brings it first.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] while more proofs were shown than can be remembered.
    pub fn use_proof(&self, proof: &SingleUse) -> Result<bool, CallError> {
        let remembered = self.proofs.remember(proof, self.clock.now());
        remembered.map_err(|NoRoom| CallError::Busy {
            retry_after: PROOFS_RETRY_AFTER,
        })
    }

    /// Whether the issuer answers.
    #[must_use]
    pub const fn issuer(&self) -> &Arc<ProviderHealth> {
        &self.issuer
    }

    /// The counters of the actor.
    #[must_use]
    pub fn status(&self) -> HandleStatus {
        self.handle.status()
    }
}
