//! `auth.tokens`: the form of access tokens.

use std::time::Duration;

use mxcp_actors::jose::SigningAlgorithm;
use mxcp_actors::token_store::AccessTokenFormat;
use mxcp_actors::token_store::signing::schedule::PUBLISHED_AHEAD;

use crate::config::values::seconds;
use crate::yaml::{FromYaml, Item};

const DAY: u64 = 24 * 3600;
const YEAR: u64 = 365 * DAY;
const DEFAULT_KEY_LIFETIME: Duration = Duration::from_secs(30 * DAY);

/// The form of access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What is issued. Both forms are accepted, always.
    pub format: AccessTokenFormat,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Opaque,
    Jwt,
}

impl FromYaml for Format {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[("opaque", Self::Opaque), ("jwt", Self::Jwt)])
    }
}

fn algorithm(item: Item<'_>) -> Option<SigningAlgorithm> {
    item.choice(&[
        ("EdDSA", SigningAlgorithm::EdDsa),
        ("ES256", SigningAlgorithm::Es256),
    ])
}

impl FromYaml for Tokens {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let format = fields.optional("format").unwrap_or_default();
        let algorithm = fields.optional_with("algorithm", algorithm);
        let shortest = PUBLISHED_AHEAD.as_secs();
        let key_lifetime = fields.optional_with("signing_key_ttl", |ttl| seconds(ttl, shortest..=YEAR));
        if format == Format::Opaque {
            for (key, is_set) in [
                ("algorithm", algorithm.is_some()),
                ("signing_key_ttl", key_lifetime.is_some()),
            ] {
                if is_set {
                    fields.refuse(key, "applies to format jwt only");
                }
            }
        }
        fields.finish();
        let format = match format {
            Format::Opaque => AccessTokenFormat::Opaque,
            Format::Jwt => AccessTokenFormat::Signed {
                algorithm: algorithm.unwrap_or_default(),
                key_lifetime: key_lifetime.unwrap_or(DEFAULT_KEY_LIFETIME),
            },
        };
        Some(Self { format })
    }
}
