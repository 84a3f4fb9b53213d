//! Host and Origin: the guard against DNS rebinding and against web pages that call a server on this machine.
//!
//! A browser sends `Origin` with every cross-site POST; other clients send none. So an absent Origin passes, one of our
//! own hosts passes, and everything else, `null` included, is refused before anything is read (Streamable HTTP, security
//! warning; docs/attacks.md, G4).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};
use url::Url;

use crate::config::{AllowedHosts, Authority};
use crate::http::extract::single_header::single_header;

/// Why a request was refused before it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginRefused {
    /// The request names a host that is not this server's.
    #[error("the Host header names no host of this server; see transport.http.allowed_hosts")]
    Host,
    /// A web page of another site asks.
    #[error("requests from this Origin are not accepted; see transport.http.allowed_hosts")]
    Origin,
}

impl OriginRefused {
    /// 421 for a wrong host, 403 for a wrong origin.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
        }
    }
}

/// Lets a request pass whose Host, and Origin if there is one, are this server's.
pub fn check(request: &HttpRequest, allowed: &AllowedHosts) -> Result<(), OriginRefused> {
    let host = single_header(request.headers(), &HOST).and_then(Authority::parse);
    if !host.is_some_and(|host| allowed.allows(&host)) {
        return Err(OriginRefused::Host);
    }
    if !request.headers().contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = single_header(request.headers(), &ORIGIN).and_then(|origin| Url::parse(origin).ok());
    let is_web = origin
        .as_ref()
        .is_some_and(|origin| matches!(origin.scheme(), "http" | "https"));
    let authority = origin.as_ref().and_then(Authority::of_url);
    match authority {
        Some(authority) if is_web && allowed.allows(&authority) => Ok(()),
        _ => Err(OriginRefused::Origin),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check_headers(headers: &[(&str, &str)]) -> Result<(), OriginRefused> {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        check(&request.to_http_request(), &AllowedHosts::default())
    }

    #[test]
    fn requests_of_this_machine_pass() {
        for headers in [
            &[("Host", "localhost:8000")][..],
            &[("Host", "127.0.0.1:8000"), ("Origin", "http://127.0.0.1:8000")],
            &[("Host", "[::1]:8000"), ("Origin", "http://localhost:3000")],
        ] {
            assert_eq!(check_headers(headers), Ok(()), "{headers:?}");
        }
    }

    #[test]
    fn other_hosts_and_origins_are_refused() {
        let host = Err(OriginRefused::Host);
        let origin = Err(OriginRefused::Origin);
        for (headers, refused) in [
            (&[][..], &host),
            (&[("Host", "evil.example.com")], &host),
            (&[("Host", "localhost.evil.example.com")], &host),
            (&[("Host", "localhost"), ("Host", "evil.example.com")], &host),
            (
                &[("Host", "localhost"), ("Origin", "http://evil.example.com")],
                &origin,
            ),
            (&[("Host", "localhost"), ("Origin", "null")], &origin),
            (&[("Host", "localhost"), ("Origin", "")], &origin),
            (&[("Host", "localhost"), ("Origin", "file://localhost")], &origin),
            (
                &[
                    ("Host", "localhost"),
                    ("Origin", "http://localhost"),
                    ("Origin", "http://localhost"),
                ],
                &origin,
            ),
        ] {
            assert_eq!(&check_headers(headers), refused, "{headers:?}");
        }
    }
}
