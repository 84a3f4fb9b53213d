//! What an operator sees of an issuer that does not answer: the replica stays ready, because what is known goes on working.

use super::told::{active, introspection, say};
use super::*;
use crate::admin::{ask, check_once, look};
use crate::oidc::fake::Canned;

async fn counted(server: &Server, issuer: &FakeOidc) -> Vec<String> {
    admin::counted(server, "issuer", issuer.url()).await
}

/// The rows of the actor that checks tokens.
async fn actor(server: &Server) -> Vec<String> {
    let page = String::from_utf8(look(server, "/metrics").await.body).unwrap();
    let rows = page
        .lines()
        .filter(|line| line.contains("actor=\"foreign_tokens\""));
    rows.filter(|row| !row.contains("_bucket{") && !row.contains("_sum{"))
        .map(str::to_owned)
        .collect()
}

#[actix_rt::test]
async fn an_issuer_that_does_not_answer_degrades_and_takes_no_replica_away() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = introspection(&issuer, "").start();
    check_once(&server, "issuers", "ok").await;
    assert_eq!(counted(&server, &issuer).await, ["failing 0"], "nobody has asked");
    assert!(who(&server, "known").await.is_ok());
    assert_eq!(counted(&server, &issuer).await, ["answered 1", "failing 0"]);

    issuer.script().instead = [("/introspect", Canned::Status(503))].into();
    assert_eq!(who(&server, "new").await, Err(503));
    let check = check_once(&server, "issuers", "degraded").await;
    let expected = format!("calls to {} have failed since 20", issuer.url());
    assert!(
        check["reason"].as_str().unwrap().starts_with(&expected),
        "{check}"
    );
    assert!(
        who(&server, "known").await.is_ok(),
        "what is known goes on working"
    );
    assert_eq!(
        counted(&server, &issuer).await,
        ["answered 1", "unavailable 1", "failing 1"]
    );
    let told = ask(&server, "GET", "/ready", &[]).await.json();
    assert!(!told.to_string().contains("reason"), "{told}");

    issuer.script().instead.clear();
    assert!(who(&server, "new").await.is_ok());
    check_once(&server, "issuers", "ok").await;
    assert_eq!(
        counted(&server, &issuer).await,
        ["answered 2", "unavailable 1", "failing 0"]
    );
}

#[actix_rt::test]
async fn an_issuer_whose_keys_cannot_be_read_shows_and_so_does_one_that_does_not_accept_this_server() {
    let issuer = issuer();
    let server = verifier(&issuer, ", methods: [jwt, introspection]").start();
    issuer.script().instead = [("/keys", Canned::Garbage), ("/introspect", Canned::Status(401))].into();
    let token = signed(&issuer, &claims(&issuer));
    assert_eq!(who(&server, &token).await, Err(503));
    check_once(&server, "issuers", "degraded").await;
    assert_eq!(
        counted(&server, &issuer).await,
        ["answered 1", "invalid_answer 1", "failing 1"],
        "its document was read, its keys were none"
    );
    issuer.script().instead.remove("/keys");
    assert!(who(&server, &token).await.is_ok());
    check_once(&server, "issuers", "ok").await;
    assert_eq!(who(&server, "opaque").await, Err(503));
    check_once(&server, "issuers", "degraded").await;
    assert!(who(&server, &token).await.is_ok(), "its keys are known");
}

#[actix_rt::test]
async fn the_actor_that_checks_tokens_is_counted_as_the_others_are() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let server = introspection(&issuer, "").start();
    for token in ["one", "one", "two"] {
        assert!(who(&server, token).await.is_ok());
    }
    let rows = actor(&server).await;
    for row in [
        "mxcp_actor_queue_depth{actor=\"foreign_tokens\"} 0",
        "mxcp_actor_queue_capacity{actor=\"foreign_tokens\"} 256",
        "mxcp_actor_calls_total{actor=\"foreign_tokens\"} 2",
        "mxcp_actor_busy_total{actor=\"foreign_tokens\"} 0",
        "mxcp_actor_timeouts_total{actor=\"foreign_tokens\"} 0",
        "mxcp_actor_crashes_total{actor=\"foreign_tokens\"} 0",
        "mxcp_actor_answer_seconds_count{actor=\"foreign_tokens\"} 2",
    ] {
        assert!(rows.iter().any(|found| found == row), "{row}: {rows:?}");
    }
    let status = look(&server, "/status").await.json();
    let actors = status["actors"].as_array().unwrap();
    let checks = actors
        .iter()
        .find(|actor| actor["name"] == "foreign_tokens")
        .unwrap();
    assert_eq!(checks["asked"], 2, "the second question was answered from memory");
}
