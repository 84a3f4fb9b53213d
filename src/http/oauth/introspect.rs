//! `POST /introspect` (RFC 7662)

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, ErrorAnswer};
use super::client::ClientForm;
use crate::oauth::Services;
use crate::oauth::introspect::{self, IntrospectError};

/// 200 with what the token is worth.
pub(super) async fn post(request: HttpRequest, payload: Payload, services: Data<Services>) -> HttpResponse {
    let ClientForm {
        addresses,
        caller,
        header,
        form,
    } = match ClientForm::read(&request, payload, &services).await {
        Ok(client_form) => client_form,
        Err(response) => return response,
    };
    match introspect::introspect(&services, &caller, &addresses, header, &form).await {
        Ok(introspection) => answer::json(StatusCode::OK, &introspection.to_json(&addresses)),
        Err(error) => ErrorAnswer::from(&error).respond(),
    }
}

impl From<&IntrospectError> for ErrorAnswer {
    fn from(error: &IntrospectError) -> Self {
        match error {
            IntrospectError::Client(error) => error.into(),
            IntrospectError::PublicClient => Self::invalid_client(error),
            IntrospectError::Parameters(error) => error.into(),
            IntrospectError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
