//! `GET /`

use actix_web::HttpResponse;

use super::browser::PageRequest;
use crate::http::pages;
use crate::oauth::home;

/// What this server is, and who is signed in.
pub(super) async fn get(page: PageRequest) -> HttpResponse {
    match home::signed_in(&page.services, page.cookies.clone()).await {
        Ok(user) => pages::home(&page.services, &page.addresses, user.as_ref()),
        Err(error) => page.unavailable(&error),
    }
}
