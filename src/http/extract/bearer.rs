//! The access token of a request (RFC 6750, RFC 9449 section 7.1), and the answer to a request without a good one.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::Principal;
use url::form_urlencoded;

use super::client_ip::caller;
use super::proof::proof_header;
use super::public_address::addresses;
use crate::http::oauth::answer::{self, ErrorAnswer};
use crate::oauth::verify::{self, BearerRefusal, BearerToken, ProvenToken};
use crate::oauth::{Addresses, ResourceServer};

/// Who calls, or the answer to send instead. The token is good for this resource and has the scopes that every call
/// needs.
pub async fn authenticate(
    request: &HttpRequest,
    services: &ResourceServer,
) -> Result<Arc<Principal>, HttpResponse> {
    let addresses = addresses(request, services).map_err(|error| answer::no_addresses(&error))?;
    let caller = caller(request, services.settings().trusted_proxies.as_ref());
    let token = bearer_token(request);
    let verified = verify::verify(services, &caller, &addresses, token).await;
    verified.map_err(|refusal| refused(services, &addresses, &refusal))
}

/// The answer to a refused call: status, challenge and body.
pub fn refused(services: &ResourceServer, addresses: &Addresses, refusal: &BearerRefusal) -> HttpResponse {
    let (status, code) = match refusal {
        BearerRefusal::TooMany(error) => return answer::too_many(*error).respond(),
        BearerRefusal::Unavailable(error) => return answer::unavailable(error).respond(),
        // The body names a code also where the challenge must not: clients without a challenge parser read it.
        BearerRefusal::Missing | BearerRefusal::Invalid | BearerRefusal::Scheme => {
            (StatusCode::UNAUTHORIZED, "invalid_token")
        }
        BearerRefusal::Proof(_) => (StatusCode::UNAUTHORIZED, "invalid_dpop_proof"),
        BearerRefusal::Ambiguous => (StatusCode::BAD_REQUEST, "invalid_request"),
        BearerRefusal::InsufficientScope { .. } => (StatusCode::FORBIDDEN, "insufficient_scope"),
    };
    ErrorAnswer {
        challenge: refusal.challenge(services, addresses),
        ..ErrorAnswer::new(status, code, refusal)
    }
    .respond()
}

/// The challenge to a token that does not have all of `required`: everything that the call needs, so that the client asks
/// for it once.
pub fn insufficient_scope(
    request: &HttpRequest,
    services: &ResourceServer,
    required: &ScopeSet,
) -> Option<HeaderValue> {
    let addresses = addresses(request, services).ok()?;
    let refusal = BearerRefusal::InsufficientScope {
        required: required.union(&services.settings().required_scopes),
    };
    let challenge = refusal.challenge(services, &addresses)?;
    HeaderValue::from_str(&challenge).ok()
}

fn bearer_token(request: &HttpRequest) -> BearerToken {
    let query = form_urlencoded::parse(request.query_string().as_bytes());
    if query.into_iter().any(|(name, _)| name == "access_token") {
        return BearerToken::Ambiguous;
    }
    header_token(request.headers(), request.method().as_str())
}

fn header_token(headers: &HeaderMap, method: &str) -> BearerToken {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = match (values.next(), values.next()) {
        (None, _) => return BearerToken::Absent,
        (Some(_), Some(_)) => return BearerToken::Ambiguous,
        (Some(value), None) => String::from_utf8_lossy(value.as_bytes()),
    };
    let value = value.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim();
    if token.is_empty() {
        return BearerToken::Absent;
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        return BearerToken::Present(Secret::new(token));
    }
    if scheme.eq_ignore_ascii_case("dpop") {
        return BearerToken::Proven(ProvenToken {
            token: Secret::new(token),
            proof: proof_header(headers),
            method: method.to_owned(),
        });
    }
    BearerToken::Absent
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn read(uri: &str, headers: &[&str]) -> Result<String, &'static str> {
        let mut request = TestRequest::with_uri(uri);
        for value in headers {
            request = request.append_header((AUTHORIZATION, *value));
        }
        match bearer_token(&request.to_http_request()) {
            BearerToken::Absent => Err("absent"),
            BearerToken::Ambiguous => Err("ambiguous"),
            BearerToken::Present(token) => Ok(token.expose().to_owned()),
            BearerToken::Proven(proven) => Ok(proven.token.expose().to_owned()),
        }
    }

    #[test]
    fn the_token_stands_behind_its_scheme() {
        assert_eq!(read("/mcp", &["Bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(read("/mcp", &["bEARER   abc "]), Ok("abc".to_owned()));
        assert_eq!(read("/mcp?x=1", &["Bearer a b"]), Ok("a b".to_owned()));
    }

    #[test]
    fn nothing_and_other_schemes_are_no_token() {
        for header in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearerabc", "Token abc"] {
            assert_eq!(read("/mcp", &[header]), Err("absent"), "{header:?}");
        }
        assert_eq!(read("/mcp", &[]), Err("absent"));
    }

    #[test]
    fn two_headers_and_a_token_in_the_query_are_refused() {
        assert_eq!(read("/mcp", &["Bearer a", "Bearer a"]), Err("ambiguous"));
        assert_eq!(read("/mcp?access_token=a", &[]), Err("ambiguous"));
        assert_eq!(read("/mcp?access%5Ftoken=a", &["Bearer a"]), Err("ambiguous"));
    }

    proptest! {
        #[test]
        fn no_header_causes_a_panic(header in "[ -~]{0,40}") {
            drop(read("/mcp", &[&header]));
        }
    }
}
