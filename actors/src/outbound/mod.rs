//! Calls to other servers: the one HTTP client of the product, for identity providers and for the documents of clients.
//!
//! What is true of every call: no redirect is followed; the whole exchange has a time limit and the answer a size
//! limit; names are resolved once and only addresses that may be called are connected to (`addresses`), so that a name
//! which changes between check and use changes nothing; certificates are verified (`tls`), which cannot be turned off.
//!
//! Looking at a server from outside, for an operator who names it, needs more of its answers: that is `probe`, within the same
//! bounds.
//!
//! A client belongs to the thread that made it: its futures are not `Send`. Must not live here: what is said to whom.

mod addresses;
mod client;
mod connector;
mod message;
mod probe;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::BTreeSet;
use std::time::Duration;

pub use client::OutboundClient;
pub use message::{OutboundError, OutboundMethod, OutboundRequest, OutboundResponse};
pub use probe::{NoProbe, ProbeAnswer, ProbeClient, ProbeError, ProbeRequest};
pub use tls::NoCertificates;

/// What bounds the calls of one client.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// The longest time from connecting to the answer's last byte.
    pub time_limit: Duration,
    /// The longest body of an answer, in bytes.
    pub most_body_bytes: usize,
    /// The hosts that the operator's own configuration names, in lower case: these may be on private networks and on
    /// this machine, and may be called without TLS. A host that anybody else named may not.
    pub named_hosts: BTreeSet<String>,
}

impl OutboundSettings {
    /// Limits for the short answers of identity providers: 10 s and 256 KiB.
    #[must_use]
    pub const fn new(named_hosts: BTreeSet<String>) -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            most_body_bytes: 256 * 1024,
            named_hosts,
        }
    }

    fn names(&self, host: &str) -> bool {
        self.named_hosts.contains(host)
    }
}
