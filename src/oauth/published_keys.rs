//! The keys with which resource servers elsewhere verify signed access tokens (RFC 7517 section 5, RFC 8414 `jwks_uri`).

use mxcp_actors::token_store::PublishedKeys;

use super::{Services, Unavailable};

/// Where the keys are.
pub const KEYS_PATH: &str = "/jwks.json";

/// The key set as JSON; `None` if no access token is signed here.
pub async fn published_keys(services: &Services) -> Result<Option<String>, Unavailable> {
    Ok(services.actors.tokens.ask(PublishedKeys).await??)
}
