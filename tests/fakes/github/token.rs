//! The token endpoint: what is wrong is said with status 200.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use actix_web::web::{self, Form};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Value, json};

use super::api::{canned, header};
use super::state::{Rotation, Seen, State};
use super::{CLIENT_ID, CLIENT_SECRET, Shared, field, lock};

const EIGHT_HOURS: u32 = 28_800;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/login/oauth/access_token", web::post().to(access_token));
}

async fn access_token(
    request: HttpRequest,
    shared: Shared,
    form: Form<Vec<(String, String)>>,
) -> HttpResponse {
    let answer = lock(&shared).quirks.token_answer;
    lock(&shared).seen.push(Seen {
        what: "POST /login/oauth/access_token".to_owned(),
        user_agent: header(&request, USER_AGENT).to_owned(),
    });
    let gate = Arc::clone(&lock(&shared).gate);
    drop(gate.acquire().await.unwrap());
    if let Some(answer) = answer {
        return canned(answer).await;
    }
    if header(&request, USER_AGENT).is_empty() {
        return HttpResponse::Forbidden()
            .body("Request forbidden by administrative rules. User-Agent is missing.");
    }
    if !header(&request, CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
        return HttpResponse::UnsupportedMediaType().finish();
    }
    let body = answer_to(&mut lock(&shared), &form).unwrap_or_else(|(error, description)| {
        json!({ "error": error, "error_description": description, "error_uri": "https://docs.github.com/" })
    });
    if header(&request, ACCEPT) == "application/json" {
        return HttpResponse::Ok().json(body);
    }
    let pairs = body.as_object().unwrap().iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    HttpResponse::Ok()
        .content_type("application/x-www-form-urlencoded")
        .body(pairs.collect::<Vec<_>>().join("&"))
}

type Refusal = (&'static str, &'static str);

fn answer_to(state: &mut State, form: &[(String, String)]) -> Result<Value, Refusal> {
    let is_app =
        field(form, "client_id") == Some(CLIENT_ID) && field(form, "client_secret") == Some(CLIENT_SECRET);
    if !is_app {
        return Err((
            "incorrect_client_credentials",
            "The client_id and/or client_secret are incorrect.",
        ));
    }
    match field(form, "grant_type") {
        Some("refresh_token") => refresh(state, form),
        Some("authorization_code") => exchange(state, form),
        _ => Err(("unsupported_grant_type", "The grant_type is not supported.")),
    }
}

fn exchange(state: &mut State, form: &[(String, String)]) -> Result<Value, Refusal> {
    let bad_code = (
        "bad_verification_code",
        "The code passed is incorrect or expired.",
    );
    let code = state
        .codes
        .remove(field(form, "code").unwrap_or_default())
        .ok_or(bad_code)?;
    if field(form, "redirect_uri") != Some(&code.redirect_uri) {
        return Err((
            "redirect_uri_mismatch",
            "The redirect_uri is not the one of the request.",
        ));
    }
    if let Some(challenge) = &code.challenge {
        let verifier = field(form, "code_verifier").unwrap_or_default();
        let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
        if URL_SAFE_NO_PAD.encode(digest.as_ref()) != *challenge {
            return Err(bad_code);
        }
    }
    let lifetime = state.quirks.first_lifetime.unwrap_or(EIGHT_HOURS);
    Ok(issue(state, &code.scope, lifetime))
}

fn refresh(state: &mut State, form: &[(String, String)]) -> Result<Value, Refusal> {
    let bad = (
        "bad_refresh_token",
        "The refresh token passed is incorrect or expired.",
    );
    let token = field(form, "refresh_token").unwrap_or_default();
    let rotation = state.quirks.rotation;
    let was_used = state.refresh_tokens.get_mut(token).ok_or(bad)?;
    if *was_used && rotation == Rotation::Strict {
        return Err(bad);
    }
    *was_used = true;
    // The access tokens of before end with the refresh.
    state.live.clear();
    Ok(issue(state, "", EIGHT_HOURS))
}

fn issue(state: &mut State, scope: &str, lifetime: u32) -> Value {
    if !state.quirks.expiring {
        let token = state.draw("gho_");
        state.live.insert(token.clone(), scope.to_owned());
        return json!({ "access_token": token, "scope": scope, "token_type": "bearer" });
    }
    let (token, refresh_token) = (state.draw("ghu_"), state.draw("ghr_"));
    state.live.insert(token.clone(), String::new());
    state.refresh_tokens.insert(refresh_token.clone(), false);
    json!({
        "access_token": token, "expires_in": lifetime, "refresh_token": refresh_token,
        "refresh_token_expires_in": 15_811_200, "scope": "", "token_type": "bearer",
    })
}
