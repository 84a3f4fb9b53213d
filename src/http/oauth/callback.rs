//! `GET` at the identity provider's callback path

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::browser::PageRequest;
use crate::oauth::callback::{self, CallbackError};
use crate::oauth::door::Door;

/// A user comes back from the identity provider.
pub(super) async fn get(page: PageRequest, request: HttpRequest) -> HttpResponse {
    if let Err(error) = page.services.admit(Door::Authorize, &page.caller) {
        return page.too_many(error);
    }
    let query = match PageRequest::query(&request) {
        Ok(query) => query,
        Err(error) => return page.error(StatusCode::BAD_REQUEST, "Invalid request", &error),
    };
    let cookies = page.cookies.clone();
    match callback::callback(&page.services, &page.addresses, &page.caller, cookies, &query).await {
        Ok(step) => page.answer(step),
        Err(error) => refused(&page, &error),
    }
}

fn refused(page: &PageRequest, error: &CallbackError) -> HttpResponse {
    match error {
        CallbackError::Parameters(_) => page.error(StatusCode::BAD_REQUEST, "Invalid request", error),
        CallbackError::State { callback } => {
            let hint = format!(
                "The callback URL that the identity provider must have for this server is {callback}. Check scheme, \
                 host, port and path there; an old page or a second login in another window has the same effect."
            );
            page.error_with_hint(
                StatusCode::BAD_REQUEST,
                "The login cannot be completed",
                error,
                hint,
            )
        }
        CallbackError::Refused(_) => {
            page.error(StatusCode::FORBIDDEN, "The login cannot be completed", error)
        }
        CallbackError::SignIn(_) => page.error(StatusCode::FORBIDDEN, "You are not signed in", error),
        CallbackError::Page(refusal) => page.refused(refusal),
    }
}
