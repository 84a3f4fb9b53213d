//! What the endpoints of clients share: the form, the caller, and the answer to a client that is not who it says.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Payload;

use super::answer::{self, ErrorAnswer};
use super::body;
use crate::http::extract::client_credentials::header_credentials;
use crate::http::extract::client_ip::caller;
use crate::http::extract::public_address::addresses;
use crate::oauth::client_authentication::{ClientAuthenticationError, HeaderCredentials};
use crate::oauth::parameters::Parameters;
use crate::oauth::{Addresses, Caller, Services};

/// A form that a client posted.
pub(super) struct ClientForm {
    pub(super) addresses: Arc<Addresses>,
    pub(super) caller: Caller,
    pub(super) header: HeaderCredentials,
    pub(super) form: Parameters,
}

impl ClientForm {
    /// Reads the request, or answers what is wrong with it.
    pub(super) async fn read(
        request: &HttpRequest,
        payload: Payload,
        services: &Services,
    ) -> Result<Self, HttpResponse> {
        let addresses = addresses(request, services).map_err(|error| answer::no_addresses(&error))?;
        let form = body::form(request, payload).await;
        Ok(Self {
            addresses,
            caller: caller(request, services.settings().trusted_proxies.as_ref()),
            header: header_credentials(request.headers()),
            form: form.map_err(|error| ErrorAnswer::from(error).respond())?,
        })
    }
}

/// Clients that are told `invalid_client` forget their registration and register again, which is what a client with a
/// lapsed one has to do.
impl From<&ClientAuthenticationError> for ErrorAnswer {
    fn from(error: &ClientAuthenticationError) -> Self {
        match error {
            ClientAuthenticationError::Parameters(error) => error.into(),
            ClientAuthenticationError::TwoPlaces | ClientAuthenticationError::DifferentClients => {
                Self::invalid_request(error)
            }
            ClientAuthenticationError::UnusableHeader
            | ClientAuthenticationError::Missing
            | ClientAuthenticationError::Assertion
            | ClientAuthenticationError::Refused(_) => Self::invalid_client(error),
            ClientAuthenticationError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
