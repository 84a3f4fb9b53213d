//! `POST /register` (RFC 7591)

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, ErrorAnswer};
use super::body::{self, BodyError};
use crate::http::extract::body::NoBody;
use crate::http::extract::client_ip::caller;
use crate::http::extract::public_address::addresses;
use crate::oauth::Services;
use crate::oauth::door::Door;
use crate::oauth::register::{self, RegisterError};

/// More than the registry accepts, so that the registry says what is too large.
const LONGEST_METADATA: usize = 64 * 1024;

/// 201 with everything that was registered.
pub(super) async fn post(request: HttpRequest, payload: Payload, services: Data<Services>) -> HttpResponse {
    if let Err(error) = addresses(&request, &services) {
        return answer::no_addresses(&error);
    }
    let caller = caller(&request, services.settings().trusted_proxies.as_ref());
    if let Err(error) = services.admit(Door::Register, &caller) {
        return answer::too_many(error).respond();
    }
    let body = match body::json(&request, &mut payload.into_inner(), LONGEST_METADATA).await {
        Ok(body) => body,
        Err(BodyError::NoBody(coded @ NoBody::Coded)) => return ErrorAnswer::coded(&coded).respond(),
        Err(error) => {
            return ErrorAnswer::new(StatusCode::BAD_REQUEST, "invalid_client_metadata", &error).respond();
        }
    };
    match register::register(&services, &caller, &body).await {
        Ok(response) => answer::json(StatusCode::CREATED, &response.into_json()),
        Err(error) => ErrorAnswer::from(&error).respond(),
    }
}

impl From<&RegisterError> for ErrorAnswer {
    fn from(error: &RegisterError) -> Self {
        match error {
            RegisterError::NotAnObject => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_client_metadata", error)
            }
            RegisterError::Metadata(error) => Self::new(StatusCode::BAD_REQUEST, error.code(), error),
            RegisterError::TooMany(error) => answer::too_many(*error),
            RegisterError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
