//! The address of a client's keys, after it was found that they may be read there.

use ring::digest;
use url::Url;

use crate::domain::client::{ClientOrigin, DocumentPolicy};

use super::KeySetRefusal;

/// Where keys may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAddress {
    url: Url,
    is_of_operator: bool,
}

impl KeyAddress {
    /// The address, if keys of such a client may be read there. What the operator wrote down may be anywhere, what others
    /// wrote only where the policy for documents allows it.
    pub fn admit(
        text: &str,
        origin: ClientOrigin,
        policy: Option<&DocumentPolicy>,
    ) -> Result<Self, KeySetRefusal> {
        let url = Url::parse(text).map_err(|_| KeySetRefusal::Address)?;
        let is_of_operator = origin == ClientOrigin::Configured;
        if !is_of_operator {
            policy.unwrap_or(&DocumentPolicy::default()).admit_keys(&url)?;
        }
        Ok(Self { url, is_of_operator })
    }

    /// The address.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The host, as it counts towards how often it is asked.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether the operator chose it, so that it may be on a private network.
    #[must_use]
    pub const fn is_of_operator(&self) -> bool {
        self.is_of_operator
    }

    /// Equal for equal addresses of the same standing, and short.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&[u8::from(self.is_of_operator)]);
        context.update(self.url.as_str().as_bytes());
        let digest = context.finish();
        digest.as_ref().first_chunk().copied().unwrap_or_default()
    }
}
