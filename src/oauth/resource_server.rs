//! The protected resource: whose tokens are good for it, where it is, and what it writes down. All that there is where another
//! server issues the tokens; beside the authorization server where this one does.

use std::sync::Arc;

use mxcp_actors::domain::clock::{Clock, Timestamp};
use mxcp_actors::domain::randomness::Randomness;
use mxcp_actors::foreign_tokens::ForeignTokensHandle;
use mxcp_actors::token_store::TokenStoreHandle;

use super::addresses::KnownAddresses;
use super::door::Doors;
use super::{Addresses, AuditSink, Counts, NoAddresses, NoServices, Settings};
use crate::config::RequestHead;

/// Says who calls.
pub struct ResourceServer {
    pub(super) tokens: Tokens,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) randomness: Arc<dyn Randomness>,
    pub(super) audit: Arc<dyn AuditSink>,
    pub(super) settings: Settings,
    counts: Counts,
    pub(super) doors: Doors,
    /// Built once if the public URL is the same for every request.
    addresses: KnownAddresses,
}

/// Whose tokens open the resource.
#[derive(Clone)]
pub enum Tokens {
    /// Those that this server issues.
    Own(TokenStoreHandle),
    /// Those that another server issues.
    Foreign(ForeignTokensHandle),
}

/// What a [`ResourceServer`] is made of.
pub struct ResourceParts {
    /// Whose tokens open it.
    pub tokens: Tokens,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Names audit records.
    pub randomness: Arc<dyn Randomness>,
    /// Takes audit records.
    pub audit: Arc<dyn AuditSink>,
    /// What the operator set.
    pub settings: Settings,
}

impl ResourceServer {
    /// Fails if the public URL is fixed and cannot be used.
    pub fn new(parts: ResourceParts) -> Result<Self, NoServices> {
        Ok(Self {
            addresses: KnownAddresses::new(&parts.settings)?,
            doors: Doors::new(&parts.settings.rate_limits, &*parts.randomness)?,
            tokens: parts.tokens,
            clock: parts.clock,
            randomness: parts.randomness,
            audit: parts.audit,
            settings: parts.settings,
            counts: Counts::default(),
        })
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How many events there were.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What checks the tokens of another server; `None` where this one issues them.
    pub fn foreign_tokens(&self) -> Option<&ForeignTokensHandle> {
        match &self.tokens {
            Tokens::Own(_) => None,
            Tokens::Foreign(tokens) => Some(tokens),
        }
    }

    /// What the operator set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The server's addresses as this request sees them.
    pub fn addresses(&self, request: &RequestHead<'_>) -> Result<Arc<Addresses>, NoAddresses> {
        if let Some(addresses) = self.addresses.find(request) {
            return Ok(Arc::clone(addresses));
        }
        let base_url = self.settings.public_url.for_request(request)?;
        Ok(Arc::new(Addresses::new(base_url, &self.settings)?))
    }
}
