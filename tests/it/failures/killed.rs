//! A server that is killed, between the steps of a login and while clients exchange their codes: what it answered holds, and
//! no code buys two logins.

use std::collections::BTreeMap;
use std::path::Path;

use awc::http::StatusCode;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use crate::login::{Browser, CLIENT, CLIENT_SECRET, Caller, FORM, PASSWORD, SCOPES, code_of};
use crate::login::{exchange, naming, query, tokens};
use crate::server::{Project, Server, client};

const CODES: usize = 16;
/// Exchanges that are under way at once.
const LANES: usize = 4;
/// Answers before the kill.
const ANSWERS: usize = 5;

fn kept_in(folder: &Path) -> Project {
    let store = folder.join("oauth.db").display().to_string();
    naming(&format!("{{ type: sqlite, path: '{store}' }}"))
}

/// The token that a code buys; none when the code is refused, or when the connection breaks.
async fn token(server: &Server, code: &str) -> Option<String> {
    let request = client().post(server.at("/token")).insert_header(FORM[0]);
    let mut answer = request.send_body(exchange(code)).await.ok()?;
    let body: Value = serde_json::from_slice(&answer.body().await.ok()?).unwrap();
    if answer.status() != StatusCode::OK {
        assert_eq!(body["error"], "invalid_grant", "{body}");
        return None;
    }
    Some(body["access_token"].as_str().unwrap().to_owned())
}

async fn name(server: &Server, token: &str) -> Value {
    let caller = Caller::with_token(server, token);
    caller.call("who", json!({})).await["structuredContent"]["name"].clone()
}

#[actix_rt::test]
async fn a_server_that_is_killed_while_it_exchanges_codes_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = kept_in(folder.path()).start();
    let mut browser = Browser::new(&server);
    let mut codes = Vec::new();
    for _ in 0..CODES {
        codes.push(browser.code("ada", SCOPES).await);
    }
    let exchanges = codes.iter().map(|code| async {
        let token = token(&server, code).await?;
        Some((code.clone(), token))
    });
    let mut exchanges = stream::iter(exchanges).buffer_unordered(LANES);
    let mut answered = BTreeMap::new();
    while let Some(answer) = exchanges.next().await {
        let is_good = answer.is_some();
        answered.extend(answer);
        if is_good && answered.len() == ANSWERS {
            server.signal("KILL");
        }
    }
    drop(exchanges);
    let (status, _) = server.wait();
    assert_eq!(status.code(), None, "it was killed and did not exit");
    assert!(
        (ANSWERS..CODES).contains(&answered.len()),
        "{} answers",
        answered.len()
    );

    let server = kept_in(folder.path()).start();
    for token in answered.values() {
        assert_eq!(name(&server, token).await, "ada", "an answered login is lost");
    }
    let mut spent = 0;
    for code in &codes {
        match token(&server, code).await {
            Some(_) if answered.contains_key(code) => panic!("a code was exchanged twice"),
            Some(token) => assert_eq!(name(&server, &token).await, "ada"),
            None if !answered.contains_key(code) => spent += 1,
            None => {}
        }
    }
    assert!(
        spent <= LANES,
        "{spent} codes are spent and nobody got tokens for them"
    );
}

/// What the client posts about one of its tokens, and what it is answered.
async fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> Value {
    let client = [("client_id", CLIENT), ("client_secret", CLIENT_SECRET)];
    let form = query(&[&client[..], fields].concat());
    let answer = server.request("POST", path, FORM, form.into_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// A server that runs on what the killed one left behind.
fn after_the_death_of(server: Server, folder: &Path) -> Server {
    server.signal("KILL");
    let (status, _) = server.wait();
    assert_eq!(status.code(), None, "it was killed and did not exit");
    kept_in(folder).start()
}

#[actix_rt::test]
async fn a_login_goes_on_although_the_server_is_killed_after_each_of_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let first = kept_in(folder.path()).start();
    let mut browser = Browser::new(&first);
    let form = browser.begin(Some(SCOPES)).await;
    let cookies = browser.leave();

    let second = after_the_death_of(first, folder.path());
    let mut browser = Browser::back(&second, cookies);
    let answers = [("username", "ada"), ("password", PASSWORD)];
    let consent = browser.submit(&form, &answers).await;
    let cookies = browser.leave();

    let third = after_the_death_of(second, folder.path());
    let code = code_of(&Browser::back(&third, cookies).submit(&consent, &[]).await);

    let fourth = after_the_death_of(third, folder.path());
    let pair = tokens(&fourth, &code).await;
    let text = |pair: &Value, member: &str| pair[member].as_str().unwrap().to_owned();

    let fifth = after_the_death_of(fourth, folder.path());
    assert_eq!(name(&fifth, &text(&pair, "access_token")).await, "ada");
    let refresh_token = text(&pair, "refresh_token");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
    ];
    let lost = post(&fifth, "/token", &refresh).await;

    let sixth = after_the_death_of(fifth, folder.path());
    let repeated = post(&sixth, "/token", &refresh).await;
    for member in ["access_token", "refresh_token"] {
        assert_eq!(
            repeated[member], lost[member],
            "one refresh token leads to one pair"
        );
    }
    let access_token = text(&repeated, "access_token");
    assert_eq!(name(&sixth, &access_token).await, "ada");
    post(&sixth, "/revoke", &[("token", &text(&repeated, "refresh_token"))]).await;

    let last = after_the_death_of(sixth, folder.path());
    let caller = Caller::with_token(&last, &access_token);
    let refused = caller.ask_for_answer("tools/list", json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{refused:?}");
}
