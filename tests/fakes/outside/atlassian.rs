//! Atlassian Cloud, with one user, one site, and its own words for what is wrong.

use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::{self, Bytes, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::grants::Refusal;
use super::{Shared, header, is_let_in, lock};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/authorize", web::get().to(authorize))
        .route("/oauth/token", web::post().to(token))
        .route("/me", web::get().to(me))
        .route("/oauth/token/accessible-resources", web::get().to(sites));
}

async fn authorize(shared: Shared, query: Query<Vec<(String, String)>>) -> HttpResponse {
    let own = [("audience", "api.atlassian.com"), ("prompt", "consent")];
    match lock(&shared).authorize(&query, &own) {
        Ok(back) => HttpResponse::Found().insert_header((LOCATION, back)).finish(),
        Err(problem) => HttpResponse::BadRequest().body(problem),
    }
}

async fn token(request: HttpRequest, shared: Shared, body: Bytes) -> HttpResponse {
    let fields: Option<Map<String, Value>> = serde_json::from_slice(&body).ok();
    let (true, Some(fields)) = (header(&request, CONTENT_TYPE) == "application/json", fields) else {
        return HttpResponse::BadRequest().json(json!({ "error": "invalid_request" }));
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let is_refresh = fields.contains(&("grant_type".to_owned(), "refresh_token".to_owned()));
    let refused = |status: fn() -> actix_web::HttpResponseBuilder, error: &str, description: &str| {
        status().json(json!({ "error": error, "error_description": description }))
    };
    match lock(&shared).answer(&fields, "offline_access") {
        Ok(issued) => HttpResponse::Ok().json(json!({
            "access_token": issued.access_token, "refresh_token": issued.refresh_token, "scope": issued.scope,
            "expires_in": 3_600, "token_type": "Bearer",
        })),
        Err(Refusal::Client) => refused(HttpResponse::Unauthorized, "access_denied", "Unauthorized"),
        Err(Refusal::Grant) if is_refresh => refused(
            HttpResponse::Forbidden,
            "unauthorized_client",
            "refresh_token is invalid",
        ),
        Err(Refusal::Grant) => refused(
            HttpResponse::Forbidden,
            "invalid_grant",
            "Invalid authorization code",
        ),
        Err(Refusal::Request) => refused(HttpResponse::BadRequest, "unsupported_grant_type", ""),
    }
}

async fn me(request: HttpRequest, shared: Shared) -> HttpResponse {
    if !is_let_in(&request, &lock(&shared)) {
        return HttpResponse::Unauthorized().json(json!({ "code": 401, "message": "Unauthorized" }));
    }
    HttpResponse::Ok().json(json!({
        "account_type": "atlassian", "account_id": "112233aa-bb11", "account_status": "active",
        "email": "mia@example.com", "name": "Mia Krystof", "nickname": "mkrystof", "locale": "en-US",
    }))
}

async fn sites(request: HttpRequest, shared: Shared) -> HttpResponse {
    let grants = lock(&shared);
    if !is_let_in(&request, &grants) {
        return HttpResponse::Unauthorized().json(json!({ "code": 401, "message": "Unauthorized" }));
    }
    let site = json!({
        "id": "Cloud-0001", "url": "https://acme.atlassian.net", "name": "acme", "scopes": ["read:jira-work"],
        "avatarUrl": "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/flag.png",
    });
    HttpResponse::Ok().json(if grants.has_sites {
        json!([site])
    } else {
        json!([])
    })
}
