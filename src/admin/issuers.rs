//! Other issuers whose word is taken: the authorization server whose tokens open the resource, or the identity providers that
//! clients bring assertions of.

use std::slice;
use std::sync::Arc;

use mxcp_actors::foreign_tokens::ForeignTokensHandle;
use mxcp_actors::handle::HandleStatus;
use mxcp_actors::identity_assertions::IdentityAssertionsHandle;
use mxcp_actors::provider_broker::health::ProviderHealth;

/// The actor that checks what they say.
#[derive(Clone)]
pub enum Issuers {
    /// Access tokens of one issuer.
    Tokens(ForeignTokensHandle),
    /// Identity assertions of each that is trusted.
    Assertions(IdentityAssertionsHandle),
}

impl Issuers {
    /// The counters of the actor.
    pub(crate) fn status(&self) -> HandleStatus {
        match self {
            Self::Tokens(handle) => handle.status(),
            Self::Assertions(handle) => handle.status(),
        }
    }

    /// Whether each of them answers, as the latest questions found.
    pub(crate) fn health(&self) -> &[Arc<ProviderHealth>] {
        match self {
            Self::Tokens(handle) => slice::from_ref(handle.issuer()),
            Self::Assertions(handle) => handle.issuers(),
        }
    }

    /// Which of them do not answer. Asks nobody.
    pub(crate) fn check(&self) -> Result<(), String> {
        let failing: Vec<_> = self
            .health()
            .iter()
            .filter_map(|health| failing(health))
            .collect();
        if failing.is_empty() {
            return Ok(());
        }
        Err(failing.join("; "))
    }
}

/// Since when somebody who is asked does not answer, in words.
pub(crate) fn failing(health: &ProviderHealth) -> Option<String> {
    let since = health.failing_since()?;
    Some(format!("calls to {} have failed since {since}", health.name()))
}
