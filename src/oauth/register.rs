//! `POST /register`: a client introduces itself (RFC 7591 section 3).

use mxcp_actors::client_registry::RegisterClient;
use mxcp_actors::client_registry::messages::RegisterClientError;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{ClientId, InvalidMetadata, RegistrationResponse};
use serde_json::{Map, Value};

use super::door::TooMany;
use super::{Caller, Services, Unavailable};

/// Why a client is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The body is no JSON object.
    #[error("the body must be a JSON object with the client's metadata")]
    NotAnObject,
    /// What the client says about itself is refused.
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
    /// This application has registered too often from this network.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The server could not register it.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Registers a client.
pub async fn register(
    services: &Services,
    caller: &Caller,
    body: &[u8],
) -> Result<RegistrationResponse, RegisterError> {
    let metadata: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    services.admit_registration(caller, metadata.as_ref())?;
    let metadata = metadata.ok_or(RegisterError::NotAnObject)?;
    let reply = services.actors.clients.ask(RegisterClient { metadata }).await;
    let response = reply.map_err(Unavailable::from)?.map_err(|error| match error {
        RegisterClientError::Metadata(error) => RegisterError::Metadata(error),
        RegisterClientError::Randomness(error) => RegisterError::Unavailable(error.into()),
        RegisterClientError::Store(error) => RegisterError::Unavailable(error.into()),
    })?;
    let event = services.event(AuthenticationEvent::ClientRegistered, caller);
    match ClientId::parse(response.client_id()) {
        Ok(id) => event.client(&id).write(),
        Err(_) => event.write(),
    }
    Ok(response)
}
