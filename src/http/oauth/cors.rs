//! CORS for clients that run in web pages (Fetch standard, section 3.3): which endpoints they may call, and which
//! headers of ours they may read.
//!
//! Any origin is let in because no cookie counts at these endpoints: a page that calls them has what any program has.
//! The pages of a login are not among them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use actix_web::middleware::DefaultHeaders;

/// What pages may read of our answers: where to get a token, how long to wait, which session this is.
const EXPOSED: &str = "WWW-Authenticate, Retry-After, Mcp-Session-Id, Mcp-Protocol-Version";

/// What pages may send. The wildcard is for parameters in headers; it does not cover `Authorization`, and old browsers
/// do not know it.
const ACCEPTED: &str = "Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Protocol-Version, Mcp-Session-Id, \
                        Mcp-Method, Mcp-Name, *";

/// How long a browser may remember a preflight, in seconds.
const MAX_AGE: &str = "7200";

/// Puts the headers on every answer of a resource, refusals included. Add [`preflight`] for OPTIONS.
pub fn any_origin() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .add((ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED))
}

/// The answer to a preflight, without the headers of [`any_origin`]. `methods` as in `GET, POST`.
pub fn preflight(methods: &'static str) -> HttpResponse {
    HttpResponse::build(StatusCode::NO_CONTENT)
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED))
        .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .finish()
}
