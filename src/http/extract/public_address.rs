//! The server's addresses as a request sees them, for requests that come to a host of this server.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName};
use actix_web::http::uri::Authority as UriAuthority;

use super::single_header::single_header;
use crate::config::{Authority, BaseUrl, HostRefused, PublicUrl, RequestHead};
use crate::oauth::{Addresses, NoAddresses, ResourceServer};

/// The addresses of the authorization server.
pub fn addresses(request: &HttpRequest, services: &ResourceServer) -> Result<Arc<Addresses>, NoAddresses> {
    let head = head(request);
    check_host(&head, &services.settings().public_url)?;
    services.addresses(&head)
}

/// The public URL.
pub fn base_url(request: &HttpRequest, public_url: &PublicUrl) -> Result<BaseUrl, HostRefused> {
    let head = head(request);
    check_host(&head, public_url)?;
    public_url.for_request(&head)
}

/// A request to another host is refused also if the public URL is fixed, because a page of another site could have made
/// it by rebinding its name.
fn check_host(head: &RequestHead<'_>, public_url: &PublicUrl) -> Result<(), HostRefused> {
    let named = head.host.ok_or(HostRefused::Invalid)?;
    let authority = Authority::parse(named).ok_or(HostRefused::Invalid)?;
    let is_fixed = public_url.fixed().is_some();
    if is_fixed && !public_url.allowed_hosts().allows(&authority) {
        let host = authority.to_string();
        return Err(HostRefused::NotAllowed { host });
    }
    Ok(())
}

/// The parts of a request that the public URL may depend on.
fn head(request: &HttpRequest) -> RequestHead<'_> {
    let headers = request.headers();
    RequestHead {
        peer: request.peer_addr().map(|address| address.ip()),
        host: single_header(headers, &HOST).or_else(|| request.uri().authority().map(UriAuthority::as_str)),
        forwarded_proto: single_header(headers, &HeaderName::from_static("x-forwarded-proto")),
        forwarded_scheme: single_header(headers, &HeaderName::from_static("x-forwarded-scheme")),
        forwarded_host: single_header(headers, &HeaderName::from_static("x-forwarded-host")),
        forwarded_port: single_header(headers, &HeaderName::from_static("x-forwarded-port")),
    }
}
