//! `POST /revoke` (RFC 7009)

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;

use super::answer::{self, ErrorAnswer};
use super::client::ClientForm;
use crate::oauth::client_authentication::authenticate;
use crate::oauth::revoke::{self, RevokeError};

/// 200 without a body, whether or not there was something to revoke.
pub(super) async fn post(client_form: ClientForm) -> HttpResponse {
    let ClientForm {
        services,
        addresses,
        caller,
        header,
        form,
        proof: _,
    } = client_form;
    let client = match authenticate(&services, &caller, &addresses, header, &form).await {
        Ok(client) => client,
        Err(error) => return ErrorAnswer::from(&error).respond(),
    };
    match revoke::revoke(&services, &caller, &client, &form).await {
        Ok(()) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
        Err(error) => ErrorAnswer::from(&error).respond(),
    }
}

impl From<&RevokeError> for ErrorAnswer {
    fn from(error: &RevokeError) -> Self {
        match error {
            RevokeError::Parameters(error) => error.into(),
            RevokeError::NotOfClient => Self::new(StatusCode::BAD_REQUEST, "invalid_grant", error),
            RevokeError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
