//! `POST /introspect`: a resource server asks what a token is worth (RFC 7662).
//!
//! Only access tokens are described. A token that is unknown, over, for another resource or none of the asker's
//! business is inactive, and nothing more is said about it.

use std::sync::Arc;

use mxcp_actors::domain::client::{Client, ClientCredential, ClientOrigin};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::Principal;
use mxcp_actors::token_store::messages::VerifyTokenError;
use mxcp_actors::token_store::{VerifyPurpose, VerifyToken};
use serde_json::{Value, json};

use super::client_authentication::{self, ClientAuthenticationError, HeaderCredentials};
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, Services, Unavailable};

/// Why nothing is said.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The asker is not who it says (`invalid_client`).
    #[error(transparent)]
    Client(#[from] ClientAuthenticationError),
    /// A public client proves nothing, so it is told nothing (`invalid_client`).
    #[error(
        "introspection needs a client with a secret or a key; authenticate with client_secret_basic, client_secret_post or private_key_jwt"
    )]
    PublicClient,
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The server could not find out (503). Says nothing about the token.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Who may be told about a token.
enum Asker {
    /// A program on this machine, where the operator allows it; a client of the configuration.
    Trusted,
    /// A client that registered itself may ask about its own tokens.
    Itself(Box<Client>),
}

/// What the asker is told.
#[derive(Debug)]
pub enum Introspection {
    /// Nothing.
    Inactive,
    /// Whose token it is, and for what.
    Active {
        /// The user, the client and what they may do.
        principal: Arc<Principal>,
        /// The name of the user: what a signed token says, where tokens are signed, so that one token has one subject.
        subject: String,
    },
}

/// Says what a token is worth.
pub async fn introspect(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    header: HeaderCredentials,
    form: &Parameters,
) -> Result<Introspection, IntrospectError> {
    let asker = asker(services, caller, addresses, header, form).await?;
    let verified = services.actors.tokens.verify(VerifyToken {
        token: Secret::new(form.required("token")?),
        resource: addresses.resource().clone(),
        // Whoever asks about a token does not use it: a repeat of its refresh is still its owner's.
        purpose: VerifyPurpose::Inspection,
    });
    let principal = match verified.await.map_err(Unavailable::from)? {
        Ok(principal) => principal,
        Err(VerifyTokenError::Unknown | VerifyTokenError::Refused(_)) => return Ok(Introspection::Inactive),
        Err(VerifyTokenError::Store(error)) => return Err(Unavailable::from(error).into()),
        Err(VerifyTokenError::Signing(error)) => return Err(Unavailable::from(error).into()),
        Err(VerifyTokenError::Unseal(error)) => return Err(Unavailable::broken(&error).into()),
    };
    Ok(match asker {
        Asker::Itself(client) if client.id != principal.client => Introspection::Inactive,
        Asker::Itself(_) | Asker::Trusted => Introspection::Active {
            subject: subject(services, &principal),
            principal,
        },
    })
}

fn subject(services: &Services, principal: &Principal) -> String {
    let user = &principal.user.identity.key;
    match services.settings.signs_access_tokens() {
        true => user.public_subject(),
        false => user.subject.clone(),
    }
}

async fn asker(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    header: HeaderCredentials,
    form: &Parameters,
) -> Result<Asker, IntrospectError> {
    let says_nothing = matches!(header, HeaderCredentials::Absent)
        && !form.contains("client_id")
        && !form.contains("client_assertion");
    if says_nothing && services.settings.open_introspection && caller.is_local {
        return Ok(Asker::Trusted);
    }
    let client = client_authentication::authenticate(services, caller, addresses, header, form).await?;
    match (&client.credential, client.origin) {
        (ClientCredential::Public, _) => Err(IntrospectError::PublicClient),
        (ClientCredential::Secret { .. } | ClientCredential::Keys(_), ClientOrigin::Configured) => {
            Ok(Asker::Trusted)
        }
        (
            ClientCredential::Secret { .. } | ClientCredential::Keys(_),
            ClientOrigin::Registered | ClientOrigin::MetadataDocument(_),
        ) => Ok(Asker::Itself(Box::new(client))),
    }
}

impl Introspection {
    /// The body of the answer (RFC 7662 section 2.2).
    pub fn to_json(&self, addresses: &Addresses) -> Value {
        let Self::Active { principal, subject } = self else {
            return json!({ "active": false });
        };
        let identity = &principal.user.identity;
        let mut body = json!({
            "active": true,
            "scope": principal.scopes.to_string(),
            "client_id": principal.client.as_str(),
            "token_type": if principal.bound_to.is_some() { "DPoP" } else { "Bearer" },
            "exp": principal.expires_at.seconds(),
            "sub": subject,
            "aud": principal.resource.as_str(),
            "iss": addresses.issuer(),
        });
        if let (Some(key), Some(members)) = (&principal.bound_to, body.as_object_mut()) {
            members.insert("cnf".to_owned(), json!({ "jkt": key.as_str() }));
        }
        if let (Some(username), Some(members)) = (&identity.username, body.as_object_mut()) {
            members.insert("username".to_owned(), username.as_str().into());
        }
        body
    }
}
