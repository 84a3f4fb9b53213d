//! What the pages of a login share: who may send their forms, and how a step becomes an answer.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, ORIGIN, REFERRER_POLICY};
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, dev};
use mxcp_actors::domain::interaction::InteractionRefusal;

use super::answer::{self, services, stop};
use super::body;
use super::cookies::CookieJar;
use crate::http::extract::client_ip::caller;
use crate::http::extract::public_address::addresses;
use crate::http::pages::{self, ErrorPage};
use crate::oauth::authorization_response::AuthorizationResponse;
use crate::oauth::browser::{Cookies, Next, PageRefusal, Step};
use crate::oauth::door::TooMany;
use crate::oauth::parameters::{InvalidParameters, LONGEST_QUERY, Parameters};
use crate::oauth::{Addresses, Caller, NoAddresses, Services, Unavailable};

/// A browser's request to one of our pages.
pub(super) struct PageRequest {
    pub(super) services: Data<Services>,
    pub(super) addresses: Arc<Addresses>,
    pub(super) caller: Caller,
    pub(super) cookies: Cookies,
    /// Whether one of our own pages sent the browser here, as far as browsers say so (Fetch Metadata).
    pub(super) is_from_own_page: bool,
    jar: CookieJar,
}

/// A form that one of our own pages sent.
///
/// Our pages send no referrer, so browsers say `Origin: null` when these forms are sent; that is accepted here and
/// nowhere else. What another site sends carries neither our cookies (`SameSite`) nor the value of the page.
pub(super) struct OwnForm {
    pub(super) page: PageRequest,
    pub(super) form: Parameters,
}

impl FromRequest for PageRequest {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl FromRequest for OwnForm {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let page = PageRequest::read(&request)?;
            if !is_own(&request, &page.addresses) {
                let message = "The form was sent by another site. Start again in your application.";
                return Err(stop(page.error(StatusCode::FORBIDDEN, "Not accepted", &message)));
            }
            match body::form(&request, &mut payload).await {
                Ok(form) => Ok(Self { page, form }),
                Err(error) => Err(stop(page.error(
                    StatusCode::BAD_REQUEST,
                    "Invalid request",
                    &error,
                ))),
            }
        })
    }
}

/// Whether a form came from a page of ours, as far as browsers say so.
fn is_own(request: &HttpRequest, addresses: &Addresses) -> bool {
    let origin = request.headers().get(ORIGIN).map(HeaderValue::as_bytes);
    let own = addresses.base_url().origin();
    let is_own = origin.is_none_or(|origin| origin == b"null" || origin == own.as_bytes());
    is_own && matches!(fetch_site(request), None | Some("same-origin" | "none"))
}

impl PageRequest {
    fn read(request: &HttpRequest) -> Result<Self, Error> {
        let services = services(request)?;
        let addresses =
            addresses(request, &services).map_err(|error| stop(no_addresses(&services, &error)))?;
        let jar = CookieJar::new(&addresses).ok_or_else(|| stop(insecure(&services, &addresses)))?;
        Ok(Self {
            caller: caller(request, services.settings().trusted_proxies.as_ref()),
            cookies: jar.read(request),
            is_from_own_page: fetch_site(request) == Some("same-origin"),
            services,
            addresses,
            jar,
        })
    }

    /// The parameters of the request's query.
    pub(super) fn query(request: &HttpRequest) -> Result<Parameters, InvalidParameters> {
        Parameters::parse(request.query_string().as_bytes(), LONGEST_QUERY)
    }

    /// The answer that a step leads to.
    pub(super) fn answer(&self, step: Step) -> HttpResponse {
        let mut response = self.next(step.next);
        if let Some(token) = &step.new_browser {
            self.jar.set_browser(&mut response, token);
        }
        if let Some(session) = &step.new_session {
            self.jar.set_session(&mut response, session, self.services.now());
        }
        response
    }

    fn next(&self, next: Next) -> HttpResponse {
        match next {
            Next::LogIn(view) => pages::log_in(&self.services, &self.addresses, &view, None, StatusCode::OK),
            Next::Consent(view) => pages::consent(&self.services, &self.addresses, &view),
            Next::Own(location)
            | Next::Provider(location)
            | Next::Client(AuthorizationResponse::Redirect(location)) => redirect(&location),
            Next::Client(AuthorizationResponse::CodePage(code)) => pages::code(&self.services, &code),
            Next::Client(AuthorizationResponse::ErrorPage { error, description }) => {
                let message = format!("{error}: {description}");
                self.error(
                    StatusCode::BAD_REQUEST,
                    "The application gets no access",
                    &message,
                )
            }
        }
    }

    /// Another page of ours, to be asked for anew.
    pub(super) fn go_to(&self, path: &str) -> HttpResponse {
        redirect(&self.addresses.path(path))
    }

    /// Makes the browser forget who was signed in, and sends it on.
    pub(super) fn signed_out(&self, location: &str) -> HttpResponse {
        let mut response = redirect(location);
        self.jar.remove_session(&mut response);
        response
    }

    /// A page that says what went wrong.
    pub(super) fn error(
        &self,
        status: StatusCode,
        title: &'static str,
        message: &impl ToString,
    ) -> HttpResponse {
        let message = message.to_string();
        log::info!("a page says {}: {message:?}", status.as_u16());
        self.show(ErrorPage::new(status, title, message))
    }

    /// The page with the request's name, under which the audit log has what led to it.
    fn show(&self, page: ErrorPage) -> HttpResponse {
        let name = &self.caller.request_id;
        let reference = (!name.is_empty()).then(|| name.to_string());
        pages::error(&self.services, &ErrorPage { reference, ..page })
    }

    /// A page that says what went wrong, and what probably helps.
    pub(super) fn error_with_hint(
        &self,
        status: StatusCode,
        title: &'static str,
        message: &impl ToString,
        hint: String,
    ) -> HttpResponse {
        let page = ErrorPage {
            hint: Some(hint),
            ..ErrorPage::new(status, title, message.to_string())
        };
        log::info!("a page says {}: {:?}", status.as_u16(), page.message);
        self.show(page)
    }

    /// A page that says that too many come from this network.
    pub(super) fn too_many(&self, error: TooMany) -> HttpResponse {
        let page = ErrorPage {
            retry_after: Some(error.wait),
            ..ErrorPage::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                error.to_string(),
            )
        };
        pages::error(&self.services, &page)
    }

    /// A page that says that the server cannot answer now.
    pub(super) fn unavailable(&self, error: &Unavailable) -> HttpResponse {
        self.show(unavailable(error))
    }

    /// A page that says why one of our pages is not good any more.
    pub(super) fn refused(&self, refusal: &PageRefusal) -> HttpResponse {
        let status = match refusal {
            PageRefusal::Unavailable(error) => return self.unavailable(error),
            PageRefusal::Interaction(InteractionRefusal::OtherBrowser { .. }) => StatusCode::FORBIDDEN,
            PageRefusal::Interaction(
                InteractionRefusal::Unknown
                | InteractionRefusal::AlreadyDecided { .. }
                | InteractionRefusal::OtherStage,
            )
            | PageRefusal::ClientGone => StatusCode::BAD_REQUEST,
        };
        self.error(status, "This page cannot be used", refusal)
    }
}

/// What the browser says about who sent it here. Two of these headers say nothing.
fn fetch_site(request: &HttpRequest) -> Option<&str> {
    let mut values = request.headers().get_all("sec-fetch-site");
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (Some(_), Some(_)) => Some("ambiguous"),
        (None, _) => None,
    }
}

/// 303, so that a browser never repeats a form with its password at the new place (RFC 9700 section 4.12).
fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .finish()
}

fn unavailable(error: &Unavailable) -> ErrorPage {
    // The answer to programs decides status and log line; people get its description as a page.
    let answer = answer::unavailable(error);
    ErrorPage {
        retry_after: answer.retry_after,
        ..ErrorPage::new(answer.status, "The server cannot answer now", answer.description)
    }
}

fn no_addresses(services: &Services, error: &NoAddresses) -> HttpResponse {
    log::warn!("{error}");
    let status = answer::status_without_addresses(error);
    pages::error(
        services,
        &ErrorPage::new(status, "Wrong address", error.to_string()),
    )
}

/// Passwords and codes would cross the network in plain text.
fn insecure(services: &Services, addresses: &Addresses) -> HttpResponse {
    log::error!(
        "logins at {} are refused: the public URL is http; set transport.http.base_url",
        addresses.issuer()
    );
    let message = "Logins need https. The operator must set transport.http.base_url to an https address, or \
                   transport.http.trust_proxy behind a proxy that ends TLS.";
    let page = ErrorPage::new(StatusCode::FORBIDDEN, "Logins are off", message.to_owned());
    pages::error(services, &page)
}
