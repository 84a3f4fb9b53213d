//! Clients that register themselves (RFC 7591).

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::browser::{Browser, location, parameter};
use super::client::{Fields, sign_in, verifier};
use super::server::{Answer, Server};

const CALLBACK: &str = "https://a.example/cb";

async fn register(server: &Server, metadata: &Value) -> Answer {
    server
        .call(TestRequest::post().uri("/register").set_json(metadata))
        .await
}

async fn refused(server: &Server, body: &str) -> Answer {
    let request = TestRequest::post().uri("/register");
    let request = request.insert_header(("Content-Type", "application/json"));
    let answer = server.call(request.set_payload(body.to_owned())).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    answer
}

#[actix_web::test]
async fn the_request_of_the_guide_gets_the_answer_of_the_guide() {
    let server = Server::local().await;
    let answer = register(
        &server,
        &json!({
            "client_name": "My Application",
            "redirect_uris": ["https://myapp.example.com/oauth/callback"],
            "grant_types": ["authorization_code"],
            "scope": "mxcp:access",
        }),
    )
    .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let client = answer.json();
    assert!(!client["client_id"].as_str().unwrap().is_empty());
    assert!(
        client["client_secret"]
            .as_str()
            .unwrap()
            .starts_with("mcp_secret_")
    );
    assert_eq!(client["client_id_issued_at"], 1_800_000_000);
    assert_eq!(client["client_secret_expires_at"], 0);
    assert_eq!(client["client_name"], "My Application");
    assert_eq!(
        client["redirect_uris"],
        json!(["https://myapp.example.com/oauth/callback"])
    );
    assert_eq!(client["grant_types"], json!(["authorization_code"]));
    assert_eq!(client["scope"], "mxcp:access");
    assert_eq!(server.event_names(), ["client_registered"]);
    assert_eq!(
        server.events()[0].client_id.as_deref(),
        client["client_id"].as_str()
    );
}

#[actix_web::test]
async fn everything_that_was_registered_is_echoed_and_a_public_client_gets_no_secret() {
    let server = Server::local().await;
    let metadata = json!({
        "redirect_uris": ["http://127.0.0.1:33418/callback"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "software_id": "inspector",
    });
    let client = register(&server, &metadata).await.json();
    for member in ["token_endpoint_auth_method", "application_type", "software_id"] {
        assert_eq!(client[member], metadata[member], "{member}");
    }
    assert_eq!(client.get("client_secret"), None);
    assert_eq!(client["response_types"], json!(["code"]));
}

#[actix_web::test]
async fn nobody_gives_himself_more_than_the_default_scopes() {
    let server = Server::local().await;
    let metadata = json!({ "redirect_uris": ["https://a.example/cb"], "scope": "mxcp:access mxcp:admin" });
    assert_eq!(register(&server, &metadata).await.text("scope"), "mxcp:access");
}

/// What `mcp-remote` and others send to whatever server.
#[actix_web::test]
async fn a_client_that_asks_for_none_of_the_scopes_here_is_told_which_it_has() {
    let server = Server::local().await;
    let metadata = json!({ "redirect_uris": ["https://a.example/cb"], "scope": "openid email profile" });
    let answer = register(&server, &metadata).await;
    assert_eq!(
        (answer.status, answer.text("scope").as_str()),
        (201, "mxcp:access")
    );
}

#[actix_web::test]
async fn what_cannot_be_registered_is_refused_in_json() {
    let server = Server::local().await;
    for (body, code, word) in [
        ("{", "invalid_client_metadata", "JSON"),
        ("[]", "invalid_client_metadata", "JSON"),
        ("", "invalid_client_metadata", "JSON"),
        ("{}", "invalid_redirect_uri", "redirect_uris"),
        (r#"{"redirect_uris":[]}"#, "invalid_redirect_uri", "redirect_uris"),
        (
            r#"{"redirect_uris":["http://a.example/cb"]}"#,
            "invalid_redirect_uri",
            "Invalid redirect_uri",
        ),
        (
            r#"{"redirect_uris":["https://a.example/cb"],"client_name":7}"#,
            "invalid_client_metadata",
            "client_name",
        ),
        (
            r#"{"redirect_uris":["https://a.example/cb"],"grant_types":["password"]}"#,
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            r#"{"redirect_uris":["https://a.example/cb"],"application_type":5}"#,
            "invalid_client_metadata",
            "application_type: must be",
        ),
        (
            r#"{"redirect_uris":["https://a.example/cb"],"application_type":"Web"}"#,
            "invalid_client_metadata",
            "application_type: is not supported; accepted is web, native",
        ),
        (
            r#"{"redirect_uris":["https://a.example/cb","com.example.app:/cb"],"application_type":"web"}"#,
            "invalid_client_metadata",
            "application_type: web goes with redirect URIs of https or of this machine",
        ),
    ] {
        let answer = refused(&server, body).await;
        assert_eq!(answer.text("error"), code, "{body}");
        assert!(
            answer.text("error_description").contains(word),
            "{body}: {}",
            answer.body
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{body}");
    }
    assert!(server.event_names().is_empty());
}

#[actix_web::test]
async fn websites_and_programs_register_as_what_they_are() {
    let server = Server::local().await;
    for (kind, redirect_uri) in [
        (json!("web"), "https://chatgpt.com/connector/oauth/a"),
        (json!("web"), "http://localhost:6274/oauth/callback"),
        (json!("native"), "https://vscode.dev/redirect"),
        (json!("native"), "http://127.0.0.1:33418/"),
        (json!("native"), "cursor://anysphere.cursor-mcp/oauth/callback"),
        (Value::Null, "cursor://anysphere.cursor-mcp/oauth/callback"),
    ] {
        let metadata = json!({ "redirect_uris": [redirect_uri], "application_type": kind });
        let answer = register(&server, &metadata).await;
        assert_eq!(answer.status, 201, "{metadata}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["application_type"], kind, "{metadata}");
    }
}

#[actix_web::test]
async fn schemes_that_run_code_or_read_files_cannot_be_registered() {
    let server = Server::local().await;
    for redirect_uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://a.example/x",
        "https://a.example/cb\\u0000",
        "https://claude.ai@evil.example/cb",
        "https://a.example/cb#x",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        let body = format!(r#"{{"redirect_uris":["{redirect_uri}"]}}"#);
        let answer = refused(&server, &body).await;
        assert_eq!(answer.text("error"), "invalid_redirect_uri", "{redirect_uri}");
    }
}

#[actix_web::test]
async fn a_body_without_end_and_a_body_that_is_no_json_are_refused() {
    let server = Server::local().await;
    let long = format!(
        r#"{{"redirect_uris":["https://a.example/cb"],"x":"{}"}}"#,
        "x".repeat(1_000_000)
    );
    let answer = refused(&server, &long).await;
    assert!(
        answer.text("error_description").contains("too long"),
        "{}",
        answer.body
    );
    let form = server
        .post("/register", &[("redirect_uris", "https://a.example/cb")])
        .await;
    assert_eq!(
        (form.status, form.text("error").as_str()),
        (400, "invalid_client_metadata")
    );
}

#[actix_web::test]
async fn the_older_folder_works_too_and_other_methods_do_not() {
    let server = Server::local().await;
    let metadata = json!({ "redirect_uris": ["https://a.example/cb"] });
    let request = TestRequest::post().uri("/oauth/register").set_json(&metadata);
    assert_eq!(server.call(request).await.status, 201);
    assert_eq!(server.get("/register").await.status, 405);
}

#[actix_web::test]
async fn nobody_is_given_a_way_to_change_a_registration() {
    let server = Server::local().await;
    let client = register(&server, &json!({ "redirect_uris": [CALLBACK] }))
        .await
        .json();
    for member in ["registration_access_token", "registration_client_uri"] {
        assert_eq!(client.get(member), None, "RFC 7592 is not offered: {client}");
    }
    let own = format!("/register/{}", client["client_id"].as_str().unwrap());
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        for (path, status) in [("/register", 405), (own.as_str(), 404)] {
            let request = TestRequest::default().method(method.clone()).uri(path);
            assert_eq!(server.call(request).await.status, status, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn a_registration_that_lapsed_is_told_on_a_page_and_to_the_application() {
    let server = Server::local().await;
    let metadata = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post" });
    let client = register(&server, &metadata).await;
    let (id, secret) = (client.text("client_id"), client.text("client_secret"));
    let request = Fields::authorization(&id, CALLBACK).uri();
    assert_eq!(server.get(&request).await.status, 200);
    server.clock.advance(Duration::from_hours(24));
    let page = server.get(&request).await;
    assert_eq!((page.status, page.header("location")), (400, None));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains("Invalid client_id"), "{}", page.body);
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("code", "x"),
    ]);
    let refused = exchange.to_token(&server).await;
    assert_eq!(
        (refused.status, refused.text("error").as_str()),
        (401, "invalid_client")
    );
    assert_eq!(
        register(&server, &metadata).await.status,
        201,
        "it registers again"
    );
}

#[actix_web::test]
async fn who_authenticates_and_gets_no_tokens_has_not_used_the_registration() {
    let server = Server::local().await;
    let metadata = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post" });
    let client = register(&server, &metadata).await;
    let (id, secret) = (client.text("client_id"), client.text("client_secret"));
    let request = Fields::from(&[("client_id", &id), ("client_secret", &secret)]);
    let error = async |request: Fields, endpoint: &str| request.post(&server, endpoint).await.text("error");
    for (grant_type, refusal) in [
        ("authorization_code", "invalid_grant"),
        ("refresh_token", "invalid_grant"),
        ("client_credentials", "unauthorized_client"),
        ("made up", "unsupported_grant_type"),
    ] {
        let made_up = request.clone().with("grant_type", grant_type);
        let made_up = made_up.with("code", "x").with("refresh_token", "x");
        let made_up = made_up.with("code_verifier", verifier().secret().expose());
        assert_eq!(error(made_up, "/token").await, refusal, "{grant_type}");
    }
    for endpoint in ["/revoke", "/introspect"] {
        let answer = request.clone().with("token", "x").post(&server, endpoint).await;
        assert_eq!(answer.status, 200, "{endpoint}: {}", answer.body);
    }
    server.clock.advance(Duration::from_hours(24));
    assert_eq!(
        error(request.with("grant_type", "made up"), "/token").await,
        "invalid_client"
    );
}

/// More registrations than may wait for their first use, each newer than the one before.
async fn flood(server: &Server) {
    for number in 0..10_200 {
        server.clock.advance(Duration::from_millis(1));
        let metadata = json!({ "redirect_uris": [format!("https://flood.example/{number}")] });
        assert_eq!(register(server, &metadata).await.status, 201, "{number}");
    }
}

#[actix_web::test]
async fn a_flood_loses_no_client_while_its_user_logs_in() {
    let server = Server::with(|settings| settings.rate_limits.register = 0).await;
    let public = |path: &str| json!({ "redirect_uris": [path], "token_endpoint_auth_method": "none" });
    let id = register(&server, &public(CALLBACK)).await.text("client_id");
    let idle = register(&server, &public("https://b.example/cb"))
        .await
        .text("client_id");
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::authorization(&id, CALLBACK).uri()).await;

    flood(&server).await;
    let consent = sign_in(&browser, &form).await;
    let back = browser.submit_once(&consent.form(), &[]).await;
    let code = parameter(&location(&back), "code").unwrap();
    let exchange = Fields::demo_exchange(&code).without("client_secret");
    let exchange = exchange.with("client_id", &id).with("redirect_uri", CALLBACK);
    let tokens = exchange.to_token(&server).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let pushed_out = server.get(&Fields::authorization(&idle, CALLBACK).uri()).await;
    assert_eq!(pushed_out.status, 400, "the flood pushes out who does nothing");
}

#[actix_web::test]
async fn a_logo_is_neither_shown_nor_fetched() {
    let server = Server::local().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let metadata = json!({
        "redirect_uris": [CALLBACK], "client_name": "App",
        "logo_uri": format!("https://localhost:{port}/logo.png"),
    });
    let id = register(&server, &metadata).await.text("client_id");
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::authorization(&id, CALLBACK).uri()).await;
    let consent = sign_in(&browser, &form).await;
    for page in [&form, &consent] {
        let body = &page.answer.body;
        assert!(body.contains("App") && page.form.is_some(), "{body}");
        assert!(!body.contains("logo.png") && !body.contains("<img"), "{body}");
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}
