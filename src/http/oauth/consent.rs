//! `GET /consent` and `POST /consent`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::browser::{OwnForm, PageRequest};
use crate::oauth::consent::{self, ConsentError};

/// Shows the page that an interaction waits at, after a redirect or a reload.
pub(super) async fn get(page: PageRequest, request: HttpRequest) -> HttpResponse {
    let query = match PageRequest::query(&request) {
        Ok(query) => query,
        Err(error) => return page.error(StatusCode::BAD_REQUEST, "Invalid request", &error),
    };
    let cookies = page.cookies.clone();
    match consent::show(&page.services, &page.addresses, &page.caller, cookies, &query).await {
        Ok(step) => page.answer(step),
        Err(error) => refused(&page, &error),
    }
}

/// Takes the user's decision.
pub(super) async fn post(OwnForm { page, form }: OwnForm) -> HttpResponse {
    let cookies = page.cookies.clone();
    match consent::decide(&page.services, &page.addresses, &page.caller, cookies, &form).await {
        Ok(step) => page.answer(step),
        Err(error) => refused(&page, &error),
    }
}

fn refused(page: &PageRequest, error: &ConsentError) -> HttpResponse {
    match error {
        ConsentError::Parameters(_) | ConsentError::NoDecision => {
            page.error(StatusCode::BAD_REQUEST, "Invalid request", error)
        }
        ConsentError::ApprovedBefore => {
            page.error(StatusCode::BAD_REQUEST, "This page cannot be used", error)
        }
        ConsentError::Page(refusal) => page.refused(refusal),
    }
}
