//! What a browser visits: the authorization endpoint, and the page with its button.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Form, Query};
use url::Url;

use super::state::Code;
use super::{CLIENT_ID, Shared, field, lock};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/login/oauth/authorize", web::get().to(authorize))
        .route("/login/oauth/authorize", web::post().to(decide));
}

async fn authorize(state: Shared, query: Query<Vec<(String, String)>>) -> HttpResponse {
    let mut state = lock(&state);
    let query = query.into_inner();
    let problem = match (field(&query, "client_id"), field(&query, "redirect_uri")) {
        (Some(CLIENT_ID), Some(redirect_uri))
            if state.callbacks.iter().any(|known| known == redirect_uri) =>
        {
            None
        }
        (Some(CLIENT_ID), _) => Some("The redirect_uri is not associated with this application."),
        _ => Some("There is no such application."),
    };
    let problem = problem.or_else(|| refused_parameter(&query));
    if let Some(problem) = problem {
        return HttpResponse::BadRequest().body(problem);
    }
    let challenge = field(&query, "code_challenge").map(str::to_owned);
    let code = Code {
        redirect_uri: field(&query, "redirect_uri").unwrap_or_default().to_owned(),
        challenge,
        scope: field(&query, "scope").unwrap_or_default().replace(' ', ","),
    };
    let request = state.draw("request_");
    let sent_state = field(&query, "state").unwrap_or_default().to_owned();
    state.waiting.insert(request.clone(), (sent_state, code));
    HttpResponse::Ok().content_type("text/html").body(format!(
        "<!doctype html><title>Authorize</title><form method=\"post\" action=\"/login/oauth/authorize\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <button name=\"decision\" value=\"allow\">Authorize</button>\
         <button name=\"decision\" value=\"deny\">Cancel</button></form>"
    ))
}

/// What a careful client sends, and nothing twice.
fn refused_parameter(query: &[(String, String)]) -> Option<&'static str> {
    let mut names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some("A parameter is there twice.");
    }
    if field(query, "response_type") != Some("code") {
        return Some("response_type must be code.");
    }
    if field(query, "state").is_none_or(|state| state.len() < 43) {
        return Some("state is missing or can be guessed.");
    }
    match (
        field(query, "code_challenge"),
        field(query, "code_challenge_method"),
    ) {
        (None, None) => None,
        (Some(challenge), Some("S256")) if challenge.len() == 43 => None,
        _ => Some("code_challenge must be of method S256."),
    }
}

async fn decide(state: Shared, form: Form<Vec<(String, String)>>) -> HttpResponse {
    let mut state = lock(&state);
    let request = field(&form, "request").unwrap_or_default();
    let Some((sent_state, code)) = state.waiting.remove(request) else {
        return HttpResponse::BadRequest().body("This page was answered before.");
    };
    let mut back = Url::parse(&code.redirect_uri).unwrap();
    if field(&form, "decision") == Some("allow") {
        let value = state.draw("");
        back.query_pairs_mut().append_pair("code", &value);
        state.codes.insert(value, code);
    } else {
        back.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair(
                "error_description",
                "The user has denied your application access.",
            );
    }
    back.query_pairs_mut().append_pair("state", &sent_state);
    HttpResponse::Found()
        .insert_header((LOCATION, back.as_str()))
        .finish()
}
