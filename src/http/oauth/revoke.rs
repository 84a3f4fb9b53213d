//! `POST /revoke` (RFC 7009)

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, ErrorAnswer};
use super::client::ClientForm;
use crate::oauth::Services;
use crate::oauth::client_authentication::authenticate;
use crate::oauth::revoke::{self, RevokeError};

/// 200 without a body, whether or not there was something to revoke.
pub(super) async fn post(request: HttpRequest, payload: Payload, services: Data<Services>) -> HttpResponse {
    let ClientForm {
        caller, header, form, ..
    } = match ClientForm::read(&request, payload, &services).await {
        Ok(client_form) => client_form,
        Err(response) => return response,
    };
    let client = match authenticate(&services, &caller, header, &form).await {
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
            RevokeError::Unavailable(error) => answer::unavailable(error),
        }
    }
}
