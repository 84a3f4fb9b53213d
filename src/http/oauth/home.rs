//! `GET /` and `POST /logout`

use actix_web::HttpResponse;

use super::browser::{OwnForm, PageRequest};
use crate::http::pages;
use crate::oauth::{home, sign_out};

/// What this server is, and who is signed in.
pub(super) async fn get(page: PageRequest) -> HttpResponse {
    match home::signed_in(&page.services, page.cookies.clone()).await {
        Ok(user) => pages::home(&page.services, &page.addresses, user.as_ref()),
        Err(error) => page.unavailable(&error),
    }
}

/// Signs out of this browser.
pub(super) async fn leave(OwnForm { page, form }: OwnForm) -> HttpResponse {
    let (services, addresses) = (&page.services, &page.addresses);
    match sign_out::sign_out(services, addresses, &page.caller, page.cookies.clone(), &form).await {
        Ok(location) => page.signed_out(&location),
        Err(error) => page.unavailable(&error),
    }
}
