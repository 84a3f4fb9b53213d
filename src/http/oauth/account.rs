//! `GET /account` and `POST /account`, `GET /logout` and `POST /logout`

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::browser::{OwnForm, PageRequest};
use crate::http::pages::{self, AccountPage};
use crate::oauth::account::{self, AccountRefusal};
use crate::oauth::sign_out;

/// Which applications may act for the user.
pub(super) async fn get(page: PageRequest) -> HttpResponse {
    show(&page, AccountPage::Applications).await
}

/// Takes back what one of them may do, and shows what is left.
pub(super) async fn post(OwnForm { page, form }: OwnForm) -> HttpResponse {
    let cookies = page.cookies.clone();
    match account::take_back(&page.services, &page.caller, cookies, &form).await {
        Ok(()) => page.go_to("/account"),
        Err(refusal) => refused(&page, &refusal),
    }
}

/// Asks which way the user wants to sign out.
pub(super) async fn ask_to_leave(page: PageRequest) -> HttpResponse {
    show(&page, AccountPage::SignOut).await
}

/// Signs out of this browser, or everywhere.
pub(super) async fn leave(OwnForm { page, form }: OwnForm) -> HttpResponse {
    let (services, addresses, cookies) = (&page.services, &page.addresses, page.cookies.clone());
    if form.contains("everywhere") {
        return match sign_out::sign_out_everywhere(services, &page.caller, cookies, &form).await {
            Ok(()) => page.signed_out(&addresses.path("/")),
            Err(refusal) => refused(&page, &refusal),
        };
    }
    match sign_out::sign_out(services, addresses, &page.caller, cookies, &form).await {
        Ok(location) => page.signed_out(&location),
        Err(error) => page.unavailable(&error),
    }
}

/// A page for whoever is signed in, or for nobody.
async fn show(page: &PageRequest, which: AccountPage) -> HttpResponse {
    match account::account(&page.services, page.cookies.clone()).await {
        Ok(view) => pages::account(&page.services, &page.addresses, which, view.as_ref()),
        Err(error) => page.unavailable(&error),
    }
}

fn refused(page: &PageRequest, refusal: &AccountRefusal) -> HttpResponse {
    let status = match refusal {
        AccountRefusal::Unavailable(error) => return page.unavailable(error),
        AccountRefusal::Parameters(_) | AccountRefusal::NoClient => StatusCode::BAD_REQUEST,
        AccountRefusal::NotSignedIn | AccountRefusal::OtherSession => StatusCode::FORBIDDEN,
    };
    page.error(status, "Nothing was changed", refusal)
}
