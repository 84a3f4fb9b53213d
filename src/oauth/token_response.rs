//! What the token endpoint is asked, and its successful answer (RFC 6749 section 5.1).

use std::time::Duration;

use mxcp_actors::domain::client::Client;
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::token::TokenPair;
use mxcp_actors::token_store::messages::ProvenKey;
use serde_json::{Map, Value};

use super::parameters::Parameters;

/// What an authenticated client asks of the token endpoint.
pub struct TokenRequest<'a> {
    /// The client.
    pub client: &'a Client,
    /// The form.
    pub form: &'a Parameters,
    /// The key that it has proven to have.
    pub key: Option<ProvenKey>,
}

/// A token pair on its way to its client.
#[derive(Debug)]
pub struct TokenResponse {
    pair: TokenPair,
    now: Timestamp,
}

impl TokenResponse {
    /// The answer at this moment.
    pub(super) fn new(pair: TokenPair, now: Timestamp) -> Self {
        Self { pair, now }
    }

    /// The body of the answer. Consumes the response, because it exposes the tokens.
    pub fn into_json(self) -> Value {
        let mut members = Map::new();
        // To the nearest second: a token whose making took a millisecond of its hour lives 3,600 seconds.
        let lifetime = self.pair.expires_at.duration_since(self.now) + Duration::from_millis(500);
        let kind = if self.pair.bound_to.is_some() {
            "DPoP"
        } else {
            "Bearer"
        };
        members.insert("access_token".to_owned(), self.pair.access_token.expose().into());
        members.insert("token_type".to_owned(), kind.into());
        members.insert("expires_in".to_owned(), lifetime.as_secs().into());
        if let Some(refresh_token) = &self.pair.refresh_token {
            members.insert("refresh_token".to_owned(), refresh_token.expose().into());
        }
        members.insert("scope".to_owned(), self.pair.scopes.to_string().into());
        Value::Object(members)
    }
}
