//! One set of keys from its server.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::{KeyAddress, KeySetRefusal};
use crate::domain::client::LOOPBACK_HOSTS;
use crate::jose::JwkSet;
use crate::outbound::{NoCertificates, OutboundClient, OutboundMethod, OutboundRequest, OutboundSettings};

/// The longest time from resolving the name to the last byte: a client waits for its tokens.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The largest set, in bytes.
const LARGEST_SET: usize = 64 * 1024;

/// Keys as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadKeySet {
    /// The keys that can be used.
    pub keys: JwkSet,
    /// `Cache-Control`
    pub cache_control: Option<String>,
}

/// The reading of a set, on one thread.
pub type KeyReading<'a> = Pin<Box<dyn Future<Output = Result<ReadKeySet, KeySetRefusal>> + 'a>>;

/// Where keys come from.
pub trait KeySetSource {
    /// Reads the keys at this address.
    fn read<'a>(&'a self, address: &'a KeyAddress) -> KeyReading<'a>;
}

/// The web.
pub struct OutboundKeySets {
    /// For addresses that the operator chose. A client of its own, so that nobody else's address leads to these hosts.
    operators: OutboundClient,
    others: OutboundClient,
}

impl OutboundKeySets {
    /// Reads the keys of configured clients from these hosts, wherever they are, and those of others from public addresses,
    /// and from this machine if the operator wants that.
    pub fn new(configured_hosts: BTreeSet<String>, allows_loopback: bool) -> Result<Self, NoCertificates> {
        let loopback = match allows_loopback {
            true => LOOPBACK_HOSTS.map(str::to_owned).into(),
            false => BTreeSet::new(),
        };
        let client = |named| {
            OutboundClient::new(OutboundSettings {
                time_limit: TIME_LIMIT,
                most_body_bytes: LARGEST_SET,
                ..OutboundSettings::new(named)
            })
        };
        Ok(Self {
            operators: client(configured_hosts)?,
            others: client(loopback)?,
        })
    }
}

impl KeySetSource for OutboundKeySets {
    fn read<'a>(&'a self, address: &'a KeyAddress) -> KeyReading<'a> {
        Box::pin(async move {
            let request = OutboundRequest {
                method: OutboundMethod::Get,
                url: address.url().clone(),
                accept: "application/jwk-set+json, application/json",
                authorization: None,
                body: None,
            };
            let http = match address.is_of_operator() {
                true => &self.operators,
                false => &self.others,
            };
            let answer = http.send(request).await?;
            match answer.status {
                // Whatever its media type: many servers have none for these files.
                200 => Ok(ReadKeySet {
                    keys: JwkSet::parse(&answer.body)?,
                    cache_control: answer.cache_control,
                }),
                300..400 => Err(KeySetRefusal::Redirect),
                status => Err(KeySetRefusal::Status(status)),
            }
        })
    }
}
