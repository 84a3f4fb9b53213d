//! `GET /` and `POST /logout`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::browser::PageRequest;
use crate::http::pages;
use crate::oauth::Services;
use crate::oauth::{home, sign_out as use_case};

/// What this server is, and who is signed in.
pub(super) async fn get(request: HttpRequest, services: Data<Services>) -> HttpResponse {
    let page = match PageRequest::read(&request, services) {
        Ok(page) => page,
        Err(response) => return response,
    };
    match home::signed_in(&page.services, page.cookies.clone()).await {
        Ok(user) => pages::home(&page.services, &page.addresses, user.as_ref()),
        Err(error) => page.unavailable(&error),
    }
}

/// Signs out of this browser.
pub(super) async fn sign_out(
    request: HttpRequest,
    payload: Payload,
    services: Data<Services>,
) -> HttpResponse {
    let page = match PageRequest::read(&request, services) {
        Ok(page) => page,
        Err(response) => return response,
    };
    let form = match page.own_form(&request, payload).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let (services, addresses) = (&page.services, &page.addresses);
    match use_case::sign_out(services, addresses, &page.caller, page.cookies.clone(), &form).await {
        Ok(location) => page.signed_out(&location),
        Err(error) => page.unavailable(&error),
    }
}
