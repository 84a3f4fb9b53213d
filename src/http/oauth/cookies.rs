//! The two cookies of a browser: one ties a login to it, the other says who is signed in. Both are opaque, and neither
//! opens a tool.
//!
//! Over https their names carry the `__Host-` prefix, so that no other host can set them (RFC 6265bis section 4.1.3.2).
//! On the user's own machine they are plain, and carry the port, because cookies do not tell ports apart.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::opaque_token::BrowserToken;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::provider_broker::messages::NewBrowserSession;

use crate::config::Scheme;
use crate::oauth::Addresses;
use crate::oauth::browser::Cookies;

/// Longer values are none of ours.
const LONGEST_VALUE: usize = 256;

/// The names and properties of our cookies under one public URL.
pub(super) struct CookieJar {
    is_secure: bool,
    browser: String,
    session: String,
}

impl CookieJar {
    /// `None` where a login must not happen at all: over http, and not on the user's own machine.
    pub(super) fn new(addresses: &Addresses) -> Option<Self> {
        let base_url = addresses.base_url();
        let authority = base_url.authority();
        match base_url.scheme() {
            Scheme::Https => Some(Self {
                is_secure: true,
                browser: "__Host-mxcp_browser".to_owned(),
                session: "__Host-mxcp_session".to_owned(),
            }),
            Scheme::Http if authority.is_loopback() => {
                let port = authority.port().unwrap_or(80);
                Some(Self {
                    is_secure: false,
                    browser: format!("mxcp_browser_{port}"),
                    session: format!("mxcp_session_{port}"),
                })
            }
            Scheme::Http => None,
        }
    }

    /// What the browser brought.
    pub(super) fn read(&self, request: &HttpRequest) -> Cookies {
        let value = |name: &str| {
            let cookie = request.cookie(name)?;
            let value = cookie.value();
            (!value.is_empty() && value.len() <= LONGEST_VALUE).then(|| Secret::new(value))
        };
        Cookies {
            browser: value(&self.browser),
            session: value(&self.session),
        }
    }

    /// Ties logins to this browser, until it is closed.
    pub(super) fn set_browser(&self, response: &mut HttpResponse, token: &BrowserToken) {
        let cookie = self.cookie(&self.browser, token.expose());
        add(response, &cookie);
    }

    /// Says who is signed in, until the session ends.
    pub(super) fn set_session(
        &self,
        response: &mut HttpResponse,
        session: &NewBrowserSession,
        now: Timestamp,
    ) {
        let lifetime = session.expires_at.duration_since(now).as_secs();
        let mut cookie = self.cookie(&self.session, session.token.expose());
        cookie.set_max_age(CookieDuration::seconds(
            i64::try_from(lifetime).unwrap_or(i64::MAX),
        ));
        add(response, &cookie);
    }

    /// Makes the browser forget who was signed in.
    pub(super) fn remove_session(&self, response: &mut HttpResponse) {
        let mut cookie = self.cookie(&self.session, "");
        cookie.set_max_age(CookieDuration::ZERO);
        add(response, &cookie);
    }

    fn cookie<'a>(&self, name: &'a str, value: &'a str) -> Cookie<'a> {
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .secure(self.is_secure)
            .same_site(SameSite::Lax)
            .finish()
    }
}

/// A cookie whose text is no header value cannot be; ours are letters, digits and underscores.
fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        log::error!("a cookie could not be set: {error}");
    }
}
