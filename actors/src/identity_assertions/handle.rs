//! The way to ask about an assertion, and to see whether those who make them show their keys.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;

use super::actor::IdentityAssertionChecker;
use super::messages::{CheckIdentityAssertion, CheckIdentityAssertionReply};
use crate::error::CallError;
use crate::handle::{Handle, HandleSettings, HandleStatus};
use crate::provider_broker::health::ProviderHealth;

/// Assertions that may be checked at once.
const CAPACITY: usize = 256;

/// Asks about assertions.
#[derive(Clone)]
pub struct IdentityAssertionsHandle {
    handle: Handle<IdentityAssertionChecker>,
    issuers: Arc<[Arc<ProviderHealth>]>,
}

pub(super) fn new(
    address: Addr<IdentityAssertionChecker>,
    deadline: Duration,
    issuers: Vec<Arc<ProviderHealth>>,
) -> IdentityAssertionsHandle {
    let settings = HandleSettings {
        name: "identity_assertions",
        capacity: CAPACITY,
        deadline,
        retry_after: Duration::from_secs(1),
    };
    IdentityAssertionsHandle {
        handle: Handle::new(address, settings),
        issuers: issuers.into(),
    }
}

impl IdentityAssertionsHandle {
    /// Asks whom an assertion is about.
    pub async fn check(
        &self,
        question: CheckIdentityAssertion,
    ) -> Result<CheckIdentityAssertionReply, CallError> {
        self.handle.ask(question).await
    }

    /// The counters of the actor.
    #[must_use]
    pub fn status(&self) -> HandleStatus {
        self.handle.status()
    }

    /// Whether each trusted provider shows its keys.
    #[must_use]
    pub fn issuers(&self) -> &[Arc<ProviderHealth>] {
        &self.issuers
    }
}
