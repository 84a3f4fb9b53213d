//! The REST interface: the user, the user's addresses, organisations and teams, and the end of a token.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderName, LOCATION, USER_AGENT};
use actix_web::web::{self, Json};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::state::{Addresses, Canned, Seen};
use super::{CLIENT_ID, CLIENT_SECRET, Shared, lock};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/user", web::get().to(user))
        .route("/api/user/emails", web::get().to(emails))
        .route("/api/user/orgs", web::get().to(organisations))
        .route("/api/user/teams", web::get().to(teams))
        .route("/api/applications/{client}/token", web::delete().to(give_back));
}

async fn user(request: HttpRequest, shared: Shared) -> HttpResponse {
    let quirks = lock(&shared).quirks.clone();
    if let Err(refused) = admit(&request, &shared) {
        return *refused;
    }
    if let Some(answer) = quirks.user_answer {
        return canned(answer).await;
    }
    let shown = |text: &str| {
        if quirks.is_anonymous {
            Value::Null
        } else {
            json!(text)
        }
    };
    HttpResponse::Ok().json(json!({
        "login": "octocat", "id": 583_231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User", "site_admin": false,
        "avatar_url": "https://avatars.githubusercontent.com/u/583231", "name": shown("The Octocat"),
        // What a user shows in public is no proof of anything.
        "email": shown("shown@example.com"),
    }))
}

async fn emails(request: HttpRequest, shared: Shared) -> HttpResponse {
    let quirks = lock(&shared).quirks.clone();
    let scope = match admit(&request, &shared) {
        Ok(scope) => scope,
        Err(refused) => return *refused,
    };
    if let Some(answer) = quirks.emails_answer {
        return canned(answer).await;
    }
    if !quirks.expiring
        && !scope
            .split(',')
            .any(|scope| scope == "user:email" || scope == "user")
    {
        return HttpResponse::NotFound().json(json!({ "message": "Not Found" }));
    }
    let address = |email: &str, primary: bool, verified: bool| json!({ "email": email, "primary": primary, "verified": verified, "visibility": null });
    let other = address("other@example.com", false, true);
    HttpResponse::Ok().json(match quirks.addresses {
        Addresses::Verified => json!([other, address("octocat@example.com", true, true)]),
        Addresses::Unverified => json!([other, address("octocat@example.com", true, false)]),
        Addresses::Empty => json!([]),
    })
}

async fn organisations(request: HttpRequest, shared: Shared, query: web::Query<Page>) -> HttpResponse {
    let list = |groups: &[String]| {
        let names = groups.iter().filter(|group| !group.contains('/'));
        names.map(|name| json!({ "login": name, "id": 1 })).collect()
    };
    memberships(&request, &shared, &query, list).await
}

async fn teams(request: HttpRequest, shared: Shared, query: web::Query<Page>) -> HttpResponse {
    let team = |(organisation, slug): (&str, &str)| json!({ "name": "Some Team", "slug": slug, "parent": null, "organization": { "login": organisation } });
    let list = |groups: &[String]| {
        let teams = groups.iter().filter_map(|group| group.split_once('/'));
        teams.map(team).collect()
    };
    memberships(&request, &shared, &query, list).await
}

/// Which part of a list is asked for.
#[derive(serde::Deserialize)]
struct Page {
    #[serde(default = "thirty")]
    per_page: usize,
    #[serde(default = "one")]
    page: usize,
}

fn thirty() -> usize {
    30
}

fn one() -> usize {
    1
}

/// A page of a list that only tokens with a scope for organisations may see, and those of GitHub Apps.
async fn memberships(
    request: &HttpRequest,
    shared: &Shared,
    page: &Page,
    list: impl FnOnce(&[String]) -> Vec<Value>,
) -> HttpResponse {
    let scope = match admit(request, shared) {
        Ok(scope) => scope,
        Err(refused) => return *refused,
    };
    let quirks = lock(shared).quirks.clone();
    if let Some(answer) = quirks.memberships_answer {
        return canned(answer).await;
    }
    let may_see = |scope: &str| scope.ends_with(":org");
    if !quirks.expiring && !scope.split(',').any(may_see) {
        return HttpResponse::Forbidden()
            .json(json!({ "message": "You need at least read:org scope or user scope to list your organizations." }));
    }
    let per_page = page.per_page.clamp(1, 100);
    let elements = list(&quirks.memberships).into_iter();
    let elements = elements.skip((page.page.max(1) - 1) * per_page).take(per_page);
    HttpResponse::Ok().json(elements.collect::<Vec<_>>())
}

async fn give_back(
    request: HttpRequest,
    shared: Shared,
    client: web::Path<String>,
    body: Json<Value>,
) -> HttpResponse {
    lock(&shared).seen.push(Seen {
        what: "DELETE /api/applications/{client}/token".to_owned(),
        user_agent: header(&request, USER_AGENT).to_owned(),
    });
    let gate = Arc::clone(&lock(&shared).gate);
    drop(gate.acquire().await.unwrap());
    let mut state = lock(&shared);
    let expected = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
    );
    if *client != CLIENT_ID
        || header(&request, AUTHORIZATION) != expected
        || header(&request, USER_AGENT).is_empty()
    {
        return HttpResponse::Unauthorized().json(json!({ "message": "Bad credentials" }));
    }
    let token = body["access_token"].as_str().unwrap_or_default();
    if state.live.remove(token).is_none() {
        return HttpResponse::UnprocessableEntity().json(json!({ "message": "Validation Failed" }));
    }
    state.given_back.insert(token.to_owned());
    if state.quirks.gives_up_everything {
        state.revoke_everything();
    }
    HttpResponse::NoContent().finish()
}

/// The scopes of the request's token, or the answer to a request that GitHub would not serve.
fn admit(request: &HttpRequest, shared: &Shared) -> Result<String, Box<HttpResponse>> {
    let mut state = lock(shared);
    state.seen.push(Seen {
        what: format!("{} {}", request.method(), request.path()),
        user_agent: header(request, USER_AGENT).to_owned(),
    });
    if header(request, USER_AGENT).is_empty() {
        return Err(Box::new(
            HttpResponse::Forbidden().body("Request forbidden by administrative rules."),
        ));
    }
    if !header(request, ACCEPT).contains("json") {
        return Err(Box::new(HttpResponse::UnsupportedMediaType().finish()));
    }
    let token = header(request, AUTHORIZATION).strip_prefix("Bearer ");
    let scope = token.and_then(|token| state.live.get(token));
    let refused = || HttpResponse::Unauthorized().json(json!({ "message": "Bad credentials" }));
    scope.cloned().ok_or_else(|| Box::new(refused()))
}

/// The text of a header, or nothing.
pub(super) fn header(request: &HttpRequest, name: HeaderName) -> &str {
    let value = request.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The answer that a quirk asks for.
pub(super) async fn canned(answer: Canned) -> HttpResponse {
    match answer {
        Canned::Status(status) => HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish(),
        Canned::RateLimited => HttpResponse::Forbidden()
            .insert_header(("x-ratelimit-remaining", "0"))
            .json(json!({ "message": "API rate limit exceeded" })),
        Canned::Silence => std::future::pending().await,
        Canned::Garbage => HttpResponse::Ok()
            .content_type("application/json")
            .body(vec![0xff, b'{', b'<']),
        Canned::Huge => HttpResponse::Ok()
            .content_type("application/json")
            .body(format!("{{\"login\":\"{}\"}}", "x".repeat(1 << 20))),
        Canned::Redirect => HttpResponse::Found()
            .insert_header((LOCATION, "http://127.0.0.1:9/stolen"))
            .finish(),
    }
}
