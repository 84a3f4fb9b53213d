//! What the endpoints of clients share: the form, the caller, and the answer to a client that is not who it says.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpRequest, dev};

use super::answer::{self, ErrorAnswer, services, stop};
use super::body;
use crate::http::extract::client_credentials::header_credentials;
use crate::http::extract::client_ip::caller;
use crate::http::extract::proof::proof_header;
use crate::http::extract::public_address::addresses;
use crate::oauth::client_authentication::{ClientAuthenticationError, HeaderCredentials};
use crate::oauth::door::Door;
use crate::oauth::parameters::Parameters;
use crate::oauth::proof::ProofHeader;
use crate::oauth::{Addresses, Caller, Services};

/// A form that a client posted.
pub(super) struct ClientForm {
    pub(super) services: Data<Services>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) caller: Caller,
    pub(super) header: HeaderCredentials,
    pub(super) proof: ProofHeader,
    pub(super) form: Parameters,
}

impl FromRequest for ClientForm {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let services = services(&request)?;
            let addresses = addresses(&request, &services);
            let addresses = addresses.map_err(|error| stop(answer::no_addresses(&error)))?;
            let caller = caller(&request, services.settings().trusted_proxies.as_ref());
            let admitted = services.admit(door(&request), &caller);
            admitted.map_err(|error| stop(answer::too_many(error).respond()))?;
            let form = body::form(&request, &mut payload).await;
            Ok(Self {
                caller,
                header: header_credentials(request.headers()),
                proof: proof_header(request.headers()),
                form: form.map_err(|error| stop(ErrorAnswer::from(error).respond()))?,
                services,
                addresses,
            })
        })
    }
}

/// Resource servers ask about tokens far more often than clients ask for some.
fn door(request: &HttpRequest) -> Door {
    match request.path().ends_with("/introspect") {
        true => Door::Introspect,
        false => Door::Token,
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
            | ClientAuthenticationError::AssertionType
            | ClientAuthenticationError::Assertion(_)
            | ClientAuthenticationError::AssertionUsed
            | ClientAuthenticationError::Refused(_) => Self::invalid_client(error),
            ClientAuthenticationError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
