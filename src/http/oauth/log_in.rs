//! `GET /login` and `POST /login`

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::browser::{OwnForm, PageRequest};
use crate::http::pages;
use crate::oauth::log_in::{self, LogInFailure};
use crate::oauth::sign_in::{self, SignInError};

/// Begins to sign in to our own pages.
pub(super) async fn get(page: PageRequest) -> HttpResponse {
    match sign_in::sign_in(&page.services, &page.addresses, page.cookies.clone()).await {
        Ok(step) => page.answer(step),
        Err(SignInError::Provider(message)) => {
            let title = "The identity provider does not answer";
            page.error(StatusCode::BAD_GATEWAY, title, &message)
        }
        Err(SignInError::Unavailable(error)) => page.unavailable(&error),
    }
}

/// Takes the login form.
pub(super) async fn post(OwnForm { page, form }: OwnForm) -> HttpResponse {
    let cookies = page.cookies.clone();
    match log_in::log_in(&page.services, &page.addresses, &page.caller, cookies, &form).await {
        Ok(step) => page.answer(step),
        Err(failure) => refused(&page, &failure),
    }
}

fn refused(page: &PageRequest, failure: &LogInFailure) -> HttpResponse {
    let problem = failure.to_string();
    let (status, view) = match failure {
        LogInFailure::Parameters(error) => {
            return page.error(StatusCode::BAD_REQUEST, "Invalid request", error);
        }
        LogInFailure::Page(refusal) => return page.refused(refusal),
        LogInFailure::WrongCredentials(view) => (StatusCode::FORBIDDEN, view),
        LogInFailure::Throttled { view, .. } => (StatusCode::TOO_MANY_REQUESTS, view),
    };
    let problem = pages::Problem {
        text: &problem,
        retry_after: match failure {
            LogInFailure::Throttled { retry_after, .. } => Some(*retry_after),
            LogInFailure::Parameters(_) | LogInFailure::WrongCredentials(_) | LogInFailure::Page(_) => None,
        },
    };
    pages::log_in(&page.services, &page.addresses, view, Some(&problem), status)
}
