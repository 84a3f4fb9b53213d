//! Salesforce, with one user of one organisation.

use actix_web::http::header::LOCATION;
use actix_web::web::{self, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::grants::Refusal;
use super::{Shared, is_let_in, lock};

/// The user's organisation, with its checksum.
pub(crate) const ORGANISATION: &str = "00D000000000001EAA";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/services/oauth2/authorize", web::get().to(authorize))
        .route("/services/oauth2/token", web::post().to(token))
        .route("/services/oauth2/userinfo", web::get().to(userinfo))
        .route("/services/oauth2/revoke", web::post().to(revoke));
}

async fn authorize(shared: Shared, query: Query<Vec<(String, String)>>) -> HttpResponse {
    match lock(&shared).authorize(&query, &[]) {
        Ok(back) => HttpResponse::Found().insert_header((LOCATION, back)).finish(),
        Err(problem) => HttpResponse::BadRequest().body(problem),
    }
}

/// No answer says when a token ends.
async fn token(shared: Shared, form: Form<Vec<(String, String)>>) -> HttpResponse {
    let mut grants = lock(&shared);
    grants.refresh_tokens_stay = true;
    let answer = grants.answer(&form, "refresh_token");
    let url = &grants.url;
    match answer {
        Ok(issued) => {
            let mut body = json!({
                "access_token": issued.access_token, "scope": issued.scope, "token_type": "Bearer",
                "instance_url": url, "id": format!("{url}/id/{ORGANISATION}/005000000000001AAA"),
                "issued_at": "1800000000000", "signature": "c2lnbmF0dXJl",
            });
            if let Some(token) = issued.refresh_token {
                body["refresh_token"] = json!(token);
            }
            HttpResponse::Ok().json(body)
        }
        Err(refusal) => {
            let (error, description) = match refusal {
                Refusal::Client => ("invalid_client_id", "client identifier invalid"),
                Refusal::Grant => ("invalid_grant", "expired authorization code"),
                Refusal::Request => ("unsupported_grant_type", "grant type not supported"),
            };
            HttpResponse::BadRequest().json(json!({ "error": error, "error_description": description }))
        }
    }
}

async fn userinfo(request: HttpRequest, shared: Shared) -> HttpResponse {
    let grants = lock(&shared);
    if !is_let_in(&request, &grants) {
        return HttpResponse::Forbidden().body("Bad_OAuth_Token");
    }
    let url = &grants.url;
    HttpResponse::Ok().json(json!({
        "sub": format!("{url}/id/{ORGANISATION}/005000000000001AAA"), "user_id": "005000000000001AAA",
        "organization_id": ORGANISATION, "preferred_username": "mia@acme.example.sandbox", "nickname": "mia",
        "name": "Mia Krystof", "email": "mia@example.com", "email_verified": true,
        "urls": { "custom_domain": url },
    }))
}

async fn revoke(shared: Shared, form: Form<Vec<(String, String)>>) -> HttpResponse {
    let token = form.iter().find(|(name, _)| name == "token");
    let token = token.map(|(_, token)| token.as_str()).unwrap_or_default();
    match lock(&shared).give_back(token) {
        true => HttpResponse::Ok().finish(),
        false => HttpResponse::BadRequest().json(json!({ "error": "unsupported_token_type" })),
    }
}
