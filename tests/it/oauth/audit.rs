//! What is written into the audit log, and what never is.

use std::time::Duration;

use mxcp_actors::domain::audit_event::{OperationStatus, OperationType};

use super::browser::{Browser, location, parameter};
use super::client::{Fields, call, demo_tokens, sign_in};
use super::server::{DEMO_CLIENT, Server};

#[actix_web::test]
async fn a_login_and_what_follows_is_recorded_with_client_and_user() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    Fields::demo_refresh(&tokens.text("refresh_token"))
        .to_token(&server)
        .await;
    assert_eq!(
        server.event_names(),
        [
            "authorization_requested",
            "login_succeeded",
            "consent_given",
            "code_issued",
            "token_issued",
            "token_refreshed"
        ]
    );
    for record in server.events() {
        assert_eq!(record.operation_type, OperationType::Auth);
        assert_eq!(record.operation_status, OperationStatus::Success);
        assert_eq!(
            record.client_id.as_deref(),
            Some(DEMO_CLIENT),
            "{}",
            record.operation_name
        );
        assert!(record.must_be_kept());
        assert!(record.input_data.contains_key("network"));
        let name = &record.operation_name;
        if name == "authorization_requested" {
            continue;
        }
        assert_eq!(record.user.user_id.as_deref(), Some("testuser"), "{name}");
        assert_eq!(record.user.user_provider.as_deref(), Some("local"), "{name}");
    }
    let [.., issued, refreshed] = &server.events()[..] else {
        panic!("two events at least");
    };
    assert!(issued.input_data["grant"].is_string());
    assert_eq!(issued.input_data["grant"], refreshed.input_data["grant"]);
    assert_eq!(issued.grant_id.unwrap().to_string(), issued.input_data["grant"]);
    let [requested, logged_in, consent, code, ..] = &server.events()[..] else {
        panic!("four events at least");
    };
    let attempt = requested.attempt_id;
    assert!(attempt.is_some());
    for record in [logged_in, consent, code] {
        assert_eq!(record.attempt_id, attempt, "{}", record.operation_name);
    }
    assert_eq!(
        code.grant_id, issued.grant_id,
        "the code ties the attempt to its grant"
    );
    assert_eq!(consent.input_data["scope"], "mcp:read mcp:write");
    assert_eq!(
        consent.input_data["redirect_uri"],
        "http://localhost:3000/callback"
    );
    assert_eq!(consent.user.user_name.as_deref(), Some("testuser"));
}

#[actix_web::test]
async fn what_ends_a_login_is_recorded_with_its_user() {
    let server = Server::local().await;
    let first = demo_tokens(&server).await.text("refresh_token");
    let second = Fields::demo_refresh(&first)
        .to_token(&server)
        .await
        .text("refresh_token");
    Fields::demo_refresh(&second).to_token(&server).await;
    server.clock.advance(Duration::from_secs(31));
    Fields::demo_refresh(&first).to_token(&server).await;
    Fields::demo_refresh(&second).to_token(&server).await;
    let ended = server.events().split_off(7);
    let told: Vec<_> = ended
        .iter()
        .map(|record| {
            let user = record.user.user_id.as_deref();
            (record.operation_name.as_str(), user)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("refresh_token_reused", Some("testuser")),
            ("request_refused", Some("testuser"))
        ]
    );
    assert!(ended.iter().all(|record| record.input_data["grant"].is_string()));
}

#[actix_web::test]
async fn refusals_are_recorded_with_their_reason() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    Fields::demo_refresh(&tokens.text("refresh_token"))
        .with("client_secret", "guess")
        .to_token(&server)
        .await;
    Fields::demo_refresh("mcp_refresh_00").to_token(&server).await;
    call(&server, "mcp_0000").await;
    let refused: Vec<_> = server.events().split_off(5);
    let reasons: Vec<_> = refused
        .iter()
        .map(|record| record.error.as_deref().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "wrong client secret",
            "the refresh token is unknown",
            "the token is unknown"
        ]
    );
    for record in &refused {
        assert_eq!(record.operation_name, "request_refused");
        assert_eq!(record.operation_status, OperationStatus::Error);
    }
}

#[actix_web::test]
async fn no_secret_reaches_the_log() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser
        .open(&Fields::demo().with("state", "canary-state").uri())
        .await;
    browser
        .submit(
            &form.form(),
            &[("username", "testuser"), ("password", "canary-password")],
        )
        .await;
    let consent = sign_in(&browser, &form).await;
    let back = location(&browser.submit_once(&consent.form(), &[]).await);
    let code = parameter(&back, "code").unwrap();
    let exchange = Fields::demo_exchange(&code);
    exchange
        .clone()
        .with("client_secret", "canary-secret")
        .to_token(&server)
        .await;
    let tokens = exchange.to_token(&server).await;
    exchange.to_token(&server).await;
    call(&server, "canary-token").await;
    let log = serde_json::to_string(&server.events()).unwrap();
    let secrets = [
        "canary".to_owned(),
        code,
        tokens.text("access_token"),
        tokens.text("refresh_token"),
        browser.cookie("session").unwrap(),
        browser.cookie("browser").unwrap(),
        "testpass".to_owned(),
        "mcp-test-secret".to_owned(),
    ];
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
}

#[actix_web::test]
async fn line_breaks_in_what_users_type_stay_inside_their_value() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open("/login").await;
    let forged = "x\r\n{\"operation_name\":\"login_succeeded\"}\u{1b}[31m";
    browser
        .submit(&form.form(), &[("username", forged), ("password", "x")])
        .await;
    let line = serde_json::to_string(&server.events()[0]).unwrap();
    assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
}
