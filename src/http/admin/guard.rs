//! Who may ask: a role for each resource, and no web page at all.
//!
//! A page that a browser on this machine shows can send requests to a loopback listener, under its own name (a
//! cross-site request) or, once its name has been pointed at 127.0.0.1, as if it were the same site (DNS rebinding). The
//! first is known by `Origin` and `Sec-Fetch-Site`, the second by `Host`.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use mxcp_actors::domain::secret::Secret;
use serde_json::json;
use url::Url;

use super::{AdminState, json_answer};
use crate::admin::access::{Denied, Role};
use crate::config::Authority;
use crate::http::extract::single_header::single_header;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Turns away what a web page sent, before anything else is looked at.
pub async fn from_browsers<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let only_loopback = request
        .app_data::<Data<AdminState>>()
        .is_some_and(|state| state.only_loopback);
    if let Err((status, detail)) = check(request.headers(), only_loopback) {
        let answer = json_answer(status, &json!({ "detail": detail }));
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response.map_into_left_body())
}

fn check(headers: &HeaderMap, only_loopback: bool) -> Result<(), (StatusCode, &'static str)> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = single_header(headers, &HOST).and_then(Authority::parse);
    if only_loopback && !host.as_ref().is_some_and(Authority::is_loopback) {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "the Host header must name this machine: localhost or 127.0.0.1",
        ));
    }
    let foreign = Err((
        StatusCode::FORBIDDEN,
        "requests of web pages are not accepted here",
    ));
    if text(&SEC_FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return foreign;
    }
    match text(&ORIGIN) {
        None => Ok(()),
        Some(origin) => {
            let origin = Url::parse(origin).ok().and_then(|url| Authority::of_url(&url));
            match origin.is_some() && origin == host {
                true => Ok(()),
                false => foreign,
            }
        }
    }
}

/// The answer to who has not at least this role; `None` lets pass.
pub fn refusal(request: &HttpRequest, state: &AdminState, least: Role) -> Option<HttpResponse> {
    let denied = state.access.require(bearer(request).as_ref(), least).err()?;
    log::warn!("admin: {} {} refused: {denied}", request.method(), request.path());
    let status = match denied {
        Denied::Missing | Denied::Wrong => StatusCode::UNAUTHORIZED,
        Denied::TooLittle => StatusCode::FORBIDDEN,
    };
    let mut answer = json_answer(status, &json!({ "detail": denied.to_string() }));
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"mxcp-admin\"");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    Some(answer)
}

/// Whether the request's token lets it look. For answers that say less to others.
pub(super) fn may_look(request: &HttpRequest, state: &AdminState) -> bool {
    state
        .access
        .require(bearer(request).as_ref(), Role::Viewer)
        .is_ok()
}

fn bearer(request: &HttpRequest) -> Option<Secret> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::new(token.trim()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn status(headers: &[(&str, &str)], only_loopback: bool) -> Option<u16> {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let refused = check(request.to_http_request().headers(), only_loopback);
        refused.err().map(|(status, _)| status.as_u16())
    }

    #[test]
    fn programs_of_this_machine_pass() {
        for host in ["localhost:8001", "127.0.0.1:8001", "[::1]:8001"] {
            assert_eq!(status(&[("Host", host)], true), None);
        }
        let same = [
            ("Host", "localhost:8001"),
            ("Origin", "http://localhost:8001"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        assert_eq!(status(&same, true), None);
        assert_eq!(status(&[("Host", "10.0.0.7:8001")], false), None);
    }

    #[test]
    fn a_rebound_name_is_not_this_machine() {
        for headers in [
            &[("Host", "evil.example:8001")][..],
            &[
                ("Host", "evil.example:8001"),
                ("Origin", "http://evil.example:8001"),
                ("Sec-Fetch-Site", "same-origin"),
            ],
            &[("Host", "localhost"), ("Host", "evil.example")],
            &[],
        ] {
            assert_eq!(status(headers, true), Some(421), "{headers:?}");
        }
    }

    #[test]
    fn other_sites_are_turned_away_also_those_of_this_machine() {
        for headers in [
            [("Host", "localhost:8001"), ("Origin", "http://localhost:3000")],
            [("Host", "localhost:8001"), ("Origin", "https://evil.example")],
            [("Host", "localhost:8001"), ("Origin", "null")],
            [("Host", "localhost:8001"), ("Sec-Fetch-Site", "cross-site")],
            [("Host", "localhost:8001"), ("Sec-Fetch-Site", "same-site")],
        ] {
            assert_eq!(status(&headers, true), Some(403), "{headers:?}");
            assert_eq!(status(&headers, false), Some(403), "{headers:?}");
        }
    }
}
