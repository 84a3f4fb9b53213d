//! Clients that call in their own name: what they get, what they do not get, and what becomes of it.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::test::TestRequest;
use mxcp_actor::oauth::{Settings, client_credentials};
use mxcp_actors::domain::audit_event::OperationStatus;
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::service_account::ServiceAccount;
use serde_json::json;

use super::client::{Fields, call, demo_tokens};
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, MACHINE, RESOURCE, SIGNED, START, Server, scopes_of};
use super::signed_tokens::verified;

const NAME: &str = "service-account-nightly report";

/// The settings of a server where [`MACHINE`] has a service account.
pub(super) fn machines(settings: &mut Settings) {
    let account = ServiceAccount {
        name: Some("Nightly report".to_owned()),
        scopes: scopes_of("mcp:read mcp:write"),
        role: Some("reporter".to_owned()),
        permissions: BTreeSet::new(),
        groups: BTreeSet::new(),
    };
    let client = ClientId::parse(MACHINE.0).unwrap();
    settings.service_accounts.add(client, account);
}

pub(super) fn request() -> Fields {
    let (id, secret) = MACHINE;
    Fields::from(&[
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ])
}

fn assert_refused(answer: &Answer, error: &str) {
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (400, error),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn a_client_gets_a_token_of_its_own_and_no_refresh_token() {
    let server = Server::with(machines).await;
    let answer = request().to_token(&server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.text("access_token");
    assert_eq!(
        answer.json(),
        json!({
            "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "mcp:read mcp:write",
        })
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let called = call(&server, &token).await;
    assert_eq!((called.status, called.body.as_str()), (200, NAME));
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(call(&server, &token).await.status, 401);
}

#[actix_web::test]
async fn where_tokens_are_signed_so_is_this_one() {
    let server = Server::with(|settings| {
        settings.access_token_format = SIGNED;
        machines(settings);
    })
    .await;
    let token = request().to_token(&server).await.text("access_token");
    let claims = verified(&server, &token).await;
    assert_eq!(
        (&claims["client_id"], &claims["aud"]),
        (&json!(MACHINE.0), &json!(RESOURCE))
    );
    assert_eq!(call(&server, &token).await.body, NAME);
}

#[actix_web::test]
async fn the_secret_may_come_in_the_header() {
    let server = Server::with(machines).await;
    let form = [("grant_type", "client_credentials"), ("resource", RESOURCE)];
    let header = (
        "Authorization",
        "Basic bmlnaHRseStyZXBvcnQ6bWFjaGluZSUzQXNlY3JldA==",
    );
    let post = TestRequest::post().uri("/token").insert_header(header);
    let answer = server.call(post.set_form(form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let wrong = request().with("client_secret", "guessed").to_token(&server).await;
    assert_eq!(
        (wrong.status, wrong.text("error").as_str()),
        (401, "invalid_client")
    );
}

#[actix_web::test]
async fn nothing_is_wider_than_the_configuration() {
    let server = Server::with(machines).await;
    let scope = async |scope: &str| request().with("scope", scope).to_token(&server).await;
    assert_eq!(scope("mcp:read").await.text("scope"), "mcp:read");
    assert_eq!(scope("mcp:read mxcp:admin").await.text("scope"), "mcp:read");
    assert_refused(&scope("mxcp:admin").await, "invalid_scope");
    assert_refused(&scope("a\"b").await, "invalid_scope");
    let resource = async |resource: &str| request().with("resource", resource).to_token(&server).await;
    assert_eq!(resource("http://localhost:8000/mcp/").await.status, 200);
    assert_refused(&resource("http://localhost:8000/other").await, "invalid_target");
    let twice = request().and("scope", "mcp:read").and("scope", "mcp:read");
    assert_refused(&twice.to_token(&server).await, "invalid_request");
}

#[actix_web::test]
async fn calls_need_the_required_scopes_and_a_request_without_scope_is_for_them() {
    let server = Server::with(|settings| {
        machines(settings);
        settings.required_scopes = scopes_of("mcp:write");
    })
    .await;
    let token = request().to_token(&server).await;
    assert_eq!(token.text("scope"), "mcp:write");
    assert_eq!(call(&server, &token.text("access_token")).await.status, 200);
    let narrow = request().with("scope", "mcp:read").to_token(&server).await;
    assert_eq!(call(&server, &narrow.text("access_token")).await.status, 403);
}

#[actix_web::test]
async fn only_clients_with_a_service_account_get_a_token_of_their_own() {
    let server = Server::with(machines).await;
    let demo = request()
        .with("client_id", DEMO_CLIENT)
        .with("client_secret", DEMO_SECRET)
        .to_token(&server)
        .await;
    assert_refused(&demo, "unauthorized_client");
    let registration = json!({
        "redirect_uris": ["https://app.example/cb"], "grant_types": ["authorization_code", "client_credentials"],
    });
    let post = TestRequest::post().uri("/register").set_json(&registration);
    let refused = server.call(post).await;
    assert_refused(&refused, "invalid_client_metadata");
    assert!(
        refused
            .text("error_description")
            .starts_with("grant_types: is not supported; accepted is"),
        "{}",
        refused.body
    );
    let without = Server::local().await;
    assert_refused(&request().to_token(&without).await, "unauthorized_client");
}

#[actix_web::test]
async fn a_client_with_a_service_account_alone_logs_nobody_in() {
    let server = Server::with(machines).await;
    let form = Fields::authorization(MACHINE.0, "http://127.0.0.1:49153/oauth/callback");
    let page = server.get(&form.uri()).await;
    assert_eq!(page.status, 400, "{}", page.body);
    let code = request()
        .with("grant_type", "authorization_code")
        .to_token(&server)
        .await;
    assert_refused(&code, "unauthorized_client");
    let refresh = request()
        .with("grant_type", "refresh_token")
        .to_token(&server)
        .await;
    assert_refused(&refresh, "unauthorized_client");
}

#[actix_web::test]
async fn its_token_is_introspected_and_revoked_like_others() {
    let server = Server::with(machines).await;
    let token = request().to_token(&server).await.text("access_token");
    let credentials = request().without("grant_type").and("token", &token);
    let told = credentials.post(&server, "/introspect").await;
    let now = START.seconds();
    assert_eq!(
        told.json(),
        json!({
            "active": true, "scope": "mcp:read mcp:write", "client_id": MACHINE.0, "token_type": "Bearer",
            "exp": now + 3600, "sub": NAME, "username": NAME, "aud": RESOURCE, "iss": "http://localhost:8000",
        })
    );
    let other = request().to_token(&server).await.text("access_token");
    assert_eq!(credentials.post(&server, "/revoke").await.status, 200);
    assert_eq!(call(&server, &token).await.status, 401);
    assert_eq!(
        credentials.post(&server, "/introspect").await.json(),
        json!({ "active": false })
    );
    assert_eq!(
        call(&server, &other).await.status,
        200,
        "another token of the same client"
    );
}

#[actix_web::test]
async fn records_name_the_client_and_its_account() {
    let server = Server::with(machines).await;
    assert_eq!(request().to_token(&server).await.status, 200);
    assert_eq!(
        request()
            .with("scope", "mxcp:admin")
            .to_token(&server)
            .await
            .status,
        400
    );
    let events = server.events();
    let [issued, refused] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (issued.operation_name.as_str(), issued.operation_status),
        ("token_issued", OperationStatus::Success)
    );
    assert_eq!(issued.client_id.as_deref(), Some(MACHINE.0));
    assert_eq!(issued.user.user_id.as_deref(), Some(NAME));
    assert_eq!(issued.user.user_provider.as_deref(), Some("service_account"));
    assert_eq!(issued.input_data["scope"], "mcp:read mcp:write");
    assert_eq!(issued.input_data["grant_type"], "client_credentials");
    assert!(issued.input_data.contains_key("grant"));
    assert_eq!(
        (refused.operation_name.as_str(), refused.operation_status),
        ("request_refused", OperationStatus::Error)
    );
    assert_eq!(refused.client_id.as_deref(), Some(MACHINE.0));
}

#[actix_web::test]
async fn the_metadata_lists_the_grant_type_where_a_client_may_use_it() {
    let server = Server::with(machines).await;
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(
        metadata["grant_types_supported"],
        json!(["authorization_code", "refresh_token", "client_credentials"])
    );
}

#[actix_web::test]
async fn a_token_outlives_a_restart_unless_its_client_was_changed_or_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oauth.db");
    let at = |seconds| Timestamp::from_seconds(START.seconds() + seconds);
    let server = Server::with_kept_in(&file, at(0), machines).await;
    let token = request().to_token(&server).await.text("access_token");
    let login = demo_tokens(&server).await.text("access_token");
    server.stop().await;

    let server = Server::with_kept_in(&file, at(1), machines).await;
    client_credentials::retain_service_accounts(server.services())
        .await
        .unwrap();
    assert_eq!(call(&server, &token).await.body, NAME);
    server.stop().await;

    let changed = |settings: &mut Settings| {
        machines(settings);
        let account = ServiceAccount {
            name: Some("Nightly report".to_owned()),
            scopes: scopes_of("mcp:read"),
            role: Some("reporter".to_owned()),
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
        };
        let client = ClientId::parse(MACHINE.0).unwrap();
        settings.service_accounts.add(client, account);
    };
    let server = Server::with_kept_in(&file, at(2), changed).await;
    client_credentials::retain_service_accounts(server.services())
        .await
        .unwrap();
    assert_eq!(call(&server, &token).await.status, 401);
    let narrow = request()
        .with("scope", "mcp:read")
        .to_token(&server)
        .await
        .text("access_token");
    server.stop().await;

    let server = Server::with_kept_in(&file, at(3), |_| {}).await;
    client_credentials::retain_service_accounts(server.services())
        .await
        .unwrap();
    assert_eq!(call(&server, &narrow).await.status, 401);
    assert_eq!(call(&server, &login).await.body, "testuser", "logins go on");
}
