//! Tokens about which their issuer is asked (RFC 7662).

use super::*;
use crate::oidc::fake::Canned;

const BOTH: &str = ", methods: [jwt, introspection]";

/// A project that asks this issuer about every token.
pub(crate) fn introspection(issuer: &FakeOidc, more: &str) -> Project {
    project(&block(issuer, more))
}

fn block(issuer: &FakeOidc, more: &str) -> String {
    let url = issuer.url();
    format!(
        "mode: introspection, authorization: {{ required_scopes: ['mcp:read'] }},\n  introspection: {{ issuer: '{url}', \
         endpoint: '{url}/introspect', client_id: {CLIENT_ID}, client_secret: '{CLIENT_SECRET}'{more} }}"
    )
}

pub(crate) fn say(issuer: &FakeOidc, answer: Value) {
    issuer.script().introspection = answer;
}

pub(crate) fn active(issuer: &FakeOidc) -> Value {
    with(claims(issuer), "active", json!(true))
}

#[actix_rt::test]
async fn the_issuer_is_asked_once_in_a_while_with_this_servers_credentials() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = introspection(&issuer, "").start();
    let expected = r#"[{"name":"ada","provider":"introspection","token":""}]"#;
    for _ in 0..3 {
        assert_eq!(who(&server, "opaque/token+%").await, Ok(expected.to_owned()));
    }
    let seen = issuer.script().seen.clone();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].form["token"], "opaque/token+%");
    assert_eq!(seen[0].form["token_type_hint"], "access_token");
    assert!(seen[0].authorization.starts_with("Basic "));
    assert!(who(&server, "another").await.is_ok());
    assert_eq!(issuer.script().count("/introspect"), 2);
}

#[actix_rt::test]
async fn without_a_cache_every_call_asks_so_that_a_revocation_counts_at_once() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = introspection(&issuer, ", cache_ttl: 0").start();
    assert!(who(&server, "opaque").await.is_ok());
    say(&issuer, json!({ "active": false }));
    assert_eq!(who(&server, "opaque").await, Err(401));
    assert_eq!(issuer.script().count("/introspect"), 2);
    recorded(&server, "its issuer says that it is not active");
}

#[actix_rt::test]
async fn a_refusal_is_believed_for_a_moment() {
    let issuer = issuer();
    say(&issuer, json!({ "active": false }));
    let server = introspection(&issuer, "").start();
    for _ in 0..3 {
        assert_eq!(who(&server, "unknown").await, Err(401));
    }
    assert_eq!(issuer.script().count("/introspect"), 1);
}

#[actix_rt::test]
async fn what_the_issuer_must_not_say_is_refused() {
    let issuer = issuer();
    let server = introspection(&issuer, ", cache_ttl: 0").start();
    let now = now();
    for (member, value, reason) in [
        ("active", json!("true"), "not active"),
        ("active", Value::Null, "not active"),
        ("aud", Value::Null, "another audience, or names none"),
        ("aud", json!("https://other.example/mcp"), "another audience"),
        ("iss", json!("https://other.example"), "another issuer"),
        ("exp", json!(now - 120), "it has expired"),
        ("nbf", json!(now + 120), "from the future"),
        ("sub", Value::Null, "names no user"),
        ("token_type", json!("DPoP"), "its issuer does not say to which"),
        ("token_type", json!("refresh_token"), "no access token"),
        (
            "cnf",
            json!({ "x5t#S256": "x" }),
            "a client certificate (cnf.x5t#S256)",
        ),
    ] {
        say(&issuer, with(active(&issuer), member, value.clone()));
        assert_eq!(who(&server, "opaque").await, Err(401), "{member}: {value}");
        recorded(&server, reason);
    }
    for (member, value) in [
        ("exp", Value::Null),
        ("iss", Value::Null),
        ("token_type", json!("bearer")),
    ] {
        say(&issuer, with(active(&issuer), member, value));
        assert!(who(&server, "opaque").await.is_ok(), "{member}");
    }
}

#[actix_rt::test]
async fn an_outage_is_told_and_ends_nothing() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = introspection(&issuer, "").start();
    assert!(who(&server, "known").await.is_ok());
    for canned in [
        Canned::Status(500),
        Canned::Status(401),
        Canned::Status(404),
        Canned::Redirect,
        Canned::Garbage,
        Canned::Huge,
    ] {
        issuer.script().instead = [("/introspect", canned)].into();
        let answer = call(&server, "new", "who").await;
        assert_eq!(answer.status.as_u16(), 503, "{canned:?}");
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
    }
    assert!(
        who(&server, "known").await.is_ok(),
        "what was answered a moment ago still counts"
    );
    issuer.script().instead.clear();
    assert!(who(&server, "new").await.is_ok());
}

#[actix_rt::test]
async fn a_token_that_one_method_refuses_is_not_shown_to_the_next() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = verifier(&issuer, BOTH).start();
    let elsewhere = signed(
        &issuer,
        &with(claims(&issuer), "aud", json!("https://other.example")),
    );
    assert_eq!(who(&server, &elsewhere).await, Err(401));
    assert_eq!(issuer.script().count("/introspect"), 0);
    assert!(who(&server, "opaque").await.is_ok());
    assert_eq!(issuer.script().count("/introspect"), 1);
    assert!(who(&server, &signed(&issuer, &claims(&issuer))).await.is_ok());
    assert_eq!(issuer.script().count("/introspect"), 1);
}

#[actix_rt::test]
async fn a_flood_of_bad_tokens_is_not_passed_on() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let limit = ", rate_limits: { unauthenticated: 5 }";
    let server = project_where(limit, &block(&issuer, "")).start();
    assert!(who(&server, "good").await.is_ok());
    say(&issuer, json!({ "active": false }));
    let mut turned_away = 0;
    for number in 0..30 {
        if who(&server, &format!("bad-{number}")).await == Err(429) {
            turned_away += 1;
        }
    }
    assert!(turned_away > 10, "{turned_away}");
    let asked = issuer.script().count("/introspect");
    assert_eq!(asked, 1 + 30 - turned_away, "who is turned away makes no call");
    let good = who(&server, "good").await;
    assert!(good.is_ok(), "nobody suffers from a neighbour");
}
