//! `GET /authorize` and `POST /authorize` (RFC 6749 section 3.1)

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use mxcp_actors::domain::client::RedirectRefusal;

use super::body;
use super::browser::PageRequest;
use crate::oauth::authorize::{self, AuthorizeError, Visit};
use crate::oauth::door::Door;
use crate::oauth::parameters::Parameters;

/// The request in the query.
pub(super) async fn get(page: PageRequest, request: HttpRequest) -> HttpResponse {
    match PageRequest::query(&request) {
        Ok(parameters) => answer(page, &parameters).await,
        Err(error) => page.error(StatusCode::BAD_REQUEST, "Invalid request", &error),
    }
}

/// The request in a form, which clients may choose (RFC 6749 section 3.1). It may come from any site.
pub(super) async fn post(page: PageRequest, request: HttpRequest, payload: Payload) -> HttpResponse {
    match body::form(&request, &mut payload.into_inner()).await {
        Ok(parameters) => answer(page, &parameters).await,
        Err(error) => page.error(StatusCode::BAD_REQUEST, "Invalid request", &error),
    }
}

async fn answer(page: PageRequest, parameters: &Parameters) -> HttpResponse {
    if let Err(error) = page.services.admit(Door::Authorize, &page.caller) {
        return page.too_many(error);
    }
    let visit = Visit {
        cookies: page.cookies.clone(),
        is_from_own_page: page.is_from_own_page,
    };
    match authorize::authorize(&page.services, &page.addresses, &page.caller, visit, parameters).await {
        Ok(step) => page.answer(step),
        Err(error) => refused(&page, &error),
    }
}

fn refused(page: &PageRequest, error: &AuthorizeError) -> HttpResponse {
    let (title, hint) = match error {
        AuthorizeError::Unavailable(error) => return page.unavailable(error),
        AuthorizeError::Parameters(_) => ("Invalid request", None),
        AuthorizeError::NoClient | AuthorizeError::UnknownClient => (
            "Invalid client_id",
            Some(
                "Check the client_id in the application's settings. If the application had registered itself, remove \
                 the connection there and add it again, so that it registers anew.",
            ),
        ),
        AuthorizeError::Document(refusal) => {
            let status = match refusal.is_temporary() {
                true => StatusCode::SERVICE_UNAVAILABLE,
                false => StatusCode::BAD_REQUEST,
            };
            let hint = "The document is the publisher's: nothing in the application's settings changes it. Try again later, or \
                        give the application a client_id of its own if it takes one.";
            return page.error_with_hint(status, "Invalid client_id", error, hint.to_owned());
        }
        AuthorizeError::Redirect(
            RedirectRefusal::Invalid(_) | RedirectRefusal::NotRegistered { .. } | RedirectRefusal::Missing,
        ) => (
            "Invalid redirect_uri",
            Some(
                "The address must be registered for the application exactly as it is sent: check the trailing slash, \
                 the port, http or https, and localhost or 127.0.0.1.",
            ),
        ),
        AuthorizeError::OwnCallback => (
            "Invalid redirect_uri",
            Some("Give the client of this application a redirect URI of its own in auth.clients."),
        ),
    };
    match hint {
        Some(hint) => page.error_with_hint(StatusCode::BAD_REQUEST, title, error, hint.to_owned()),
        None => page.error(StatusCode::BAD_REQUEST, title, error),
    }
}
