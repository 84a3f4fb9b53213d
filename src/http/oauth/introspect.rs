//! `POST /introspect` (RFC 7662)

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::answer::{self, ErrorAnswer};
use super::client::ClientForm;
use crate::oauth::introspect::{self, IntrospectError};

/// 200 with what the token is worth.
pub(super) async fn post(client_form: ClientForm) -> HttpResponse {
    let ClientForm {
        services,
        addresses,
        caller,
        header,
        form,
        proof: _,
    } = client_form;
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
