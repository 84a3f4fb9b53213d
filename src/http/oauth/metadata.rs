//! `GET /.well-known/…`

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, ErrorAnswer};
use crate::http::extract::client_ip::caller;
use crate::http::extract::public_address::addresses;
use crate::oauth::ResourceServer;
use crate::oauth::metadata::{MetadataDocuments, note_reading};

/// Long enough to spare a look-up per connection, short enough for a new setting to show on the same day.
const CACHING: &str = "public, max-age=3600";

/// What records call the document of RFC 8414.
const AUTHORIZATION_SERVER: &str = "oauth-authorization-server";
/// What records call the document of RFC 9728.
const PROTECTED_RESOURCE: &str = "oauth-protected-resource";

/// RFC 8414, also where a client inserts the path of the resource.
pub(super) async fn authorization_server(
    request: HttpRequest,
    rest: Path<String>,
    services: Data<ResourceServer>,
) -> HttpResponse {
    document(&request, &rest, &services, AUTHORIZATION_SERVER, |documents| {
        &documents.authorization_server
    })
}

/// RFC 9728, with and without the path of the resource.
pub(super) async fn protected_resource(
    request: HttpRequest,
    rest: Path<String>,
    services: Data<ResourceServer>,
) -> HttpResponse {
    document(&request, &rest, &services, PROTECTED_RESOURCE, |documents| {
        &documents.protected_resource
    })
}

/// Nothing is there. In JSON, because clients parse what they get before they look at the status.
pub(super) async fn not_found() -> HttpResponse {
    let description = "this document does not exist; see /.well-known/oauth-authorization-server";
    ErrorAnswer::new(StatusCode::NOT_FOUND, "not_found", &description).respond()
}

fn document(
    request: &HttpRequest,
    rest: &str,
    services: &ResourceServer,
    name: &'static str,
    choose: impl Fn(&MetadataDocuments) -> &String,
) -> HttpResponse {
    match addresses(request, services) {
        Ok(addresses) if addresses.is_meant_by(rest) => {
            let caller = caller(request, services.settings().trusted_proxies.as_ref());
            note_reading(services, &caller, name);
            // Where the public URL follows the request, a shared cache must not answer one host with another's.
            let is_fixed = services.settings().public_url.fixed().is_some();
            HttpResponse::Ok()
                .insert_header((CACHE_CONTROL, if is_fixed { CACHING } else { "no-store" }))
                .content_type("application/json")
                .body(choose(addresses.documents()).clone())
        }
        Ok(_) => ErrorAnswer::new(
            StatusCode::NOT_FOUND,
            "not_found",
            &"there is no such resource here",
        )
        .respond(),
        Err(error) => answer::no_addresses(&error),
    }
}
