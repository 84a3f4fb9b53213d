//! The answer to a registration (RFC 7591 section 3.2.1): everything that was registered, and the one time that
//! the client sees its secret.

use std::fmt;

use serde_json::{Map, Value};

use super::{Client, ClientCredential, GrantType};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::secret::Secret;

/// The registered client as its author may see it, with the secret in plain text if it has one.
pub struct RegistrationResponse {
    members: Map<String, Value>,
    secret: Option<Secret>,
}

impl RegistrationResponse {
    /// Describes `client`. `redirect_uris` are those of this very request, which may differ from the client's in
    /// the port of a loopback address.
    #[must_use]
    pub fn new(client: &Client, redirect_uris: &[RedirectUri], secret: Option<Secret>) -> Self {
        let mut members = client.metadata.clone();
        let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
        set("client_id", client.id.as_str().into());
        set("client_id_issued_at", client.created_at.seconds().into());
        set(
            "redirect_uris",
            redirect_uris.iter().map(RedirectUri::as_str).collect(),
        );
        set(
            "grant_types",
            client
                .grant_types
                .iter()
                .copied()
                .map(GrantType::as_str)
                .collect(),
        );
        set("response_types", Value::from(vec!["code"]));
        // Clients choose how to authenticate from this echo, so it is there even if they did not ask.
        set(
            "token_endpoint_auth_method",
            client.credential.method().as_str().into(),
        );
        set("scope", client.scopes.to_string().into());
        if matches!(client.credential, ClientCredential::Secret { .. }) {
            set("client_secret_expires_at", 0.into());
        }
        Self { members, secret }
    }

    /// The body of the answer. Consumes the response, because it exposes the secret.
    #[must_use]
    pub fn into_json(mut self) -> Value {
        if let Some(secret) = &self.secret {
            self.members
                .insert("client_secret".to_owned(), secret.expose().into());
        }
        Value::Object(self.members)
    }

    /// The identifier that was given out, for the log.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.members
            .get("client_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

impl fmt::Debug for RegistrationResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegistrationResponse")
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}
