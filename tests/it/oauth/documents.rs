//! Clients whose identifier is the URL of a document (draft-ietf-oauth-client-id-metadata-document): the documents lie on a
//! server on this machine, as the operator of a test server may allow.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::TestRequest;
use mxcp_actors::domain::audit_event::OperationStatus;
use mxcp_actors::domain::clock::Clock as _;
use serde_json::{Value, json};

use super::browser::{Browser, Page, location, parameter, unescape};
use super::client::{Fields, call, sign_in, verifier};
use super::server::{Answer, START, Server};

/// What Claude Code publishes and what it sends.
const PUBLISHED: [&str; 2] = ["http://localhost/callback", "http://127.0.0.1/callback"];
pub(super) const REDIRECT: &str = "http://localhost:51234/callback";
/// How long a document is fresh that says nothing about it.
const FRESH: Duration = Duration::from_hours(1);

/// Who publishes a document.
pub(super) struct Publisher {
    /// Where.
    pub(super) id: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let id = format!(
            "http://127.0.0.1:{}/client.json",
            listener.local_addr().unwrap().port()
        );
        let (answer, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
        let (said, counted) = (Arc::clone(&answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                counted.fetch_add(1, Ordering::SeqCst);
                if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                    let answer = said.lock().unwrap().clone();
                    stream.write_all(answer.as_bytes()).ok();
                }
            }
        });
        let publisher = Self { id, answer, asked };
        publisher.publish(&publisher.document());
        publisher
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "client_id": self.id, "client_name": "Claude <Code>", "client_uri": "https://claude.ai",
            "redirect_uris": PUBLISHED, "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        })
    }

    pub(super) fn publish(&self, document: &Value) {
        self.say("200 OK", "Content-Type: application/json", &document.to_string());
    }

    pub(super) fn say(&self, status: &str, header: &str, body: &str) {
        let length = body.len();
        *self.answer.lock().unwrap() = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n\r\n{body}"
        );
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn request(&self) -> Fields {
        Fields::authorization(&self.id, REDIRECT)
    }

    async fn exchange(&self, server: &Server, code: &str) -> Answer {
        let verifier = verifier();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("code_verifier", verifier.secret().expose()),
            ("redirect_uri", REDIRECT),
        ];
        Fields::from(&form).to_token(server).await
    }

    async fn refresh(&self, server: &Server, refresh_token: &str) -> Answer {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", refresh_token),
        ];
        Fields::from(&form).to_token(server).await
    }
}

async fn server() -> Server {
    Server::with(|settings| settings.metadata_documents = true).await
}

async fn consent_page(browser: &Browser<'_>, request: &Fields) -> Page {
    sign_in(browser, &browser.open(&request.uri()).await).await
}

/// The tokens of a whole login.
async fn log_in(server: &Server, publisher: &Publisher) -> Answer {
    let browser = Browser::new(server);
    let page = consent_page(&browser, &publisher.request()).await;
    let back = location(&browser.submit_once(&page.form(), &[]).await);
    assert!(back.as_str().starts_with(REDIRECT), "{back}");
    let tokens = publisher
        .exchange(server, &parameter(&back, "code").unwrap())
        .await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens
}

/// The page that refuses the request, without sending the browser anywhere.
async fn refusal(server: &Server, request: &Fields) -> (u16, String) {
    let page = Browser::new(server).get(&request.uri()).await;
    assert_eq!(page.header("location"), None);
    (page.status, unescape(&page.body))
}

#[actix_web::test]
async fn a_client_logs_in_with_the_url_of_its_document_and_without_registering() {
    let (server, publisher) = (server().await, Publisher::new());
    let tokens = log_in(&server, &publisher).await;
    assert_eq!(tokens.text("scope"), "mxcp:access");
    assert_eq!(call(&server, &tokens.text("access_token")).await.body, "testuser");
    let refreshed = publisher.refresh(&server, &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    log_in(&server, &publisher).await;
    assert_eq!(publisher.asked(), 1, "the second login needs no second reading");
    let events = server.events();
    let issued = events
        .iter()
        .find(|event| event.operation_name == "token_issued")
        .unwrap();
    assert_eq!(issued.client_id.as_deref(), Some(publisher.id.as_str()));
}

#[actix_web::test]
async fn the_consent_page_names_the_host_of_the_document_and_warns_of_programs_on_this_computer() {
    let (server, publisher) = (server().await, Publisher::new());
    let page = consent_page(&Browser::new(&server), &publisher.request()).await;
    assert!(!page.answer.body.contains("<Code>"), "{}", page.answer.body);
    let body = unescape(&page.answer.body);
    for text in [
        "Claude <Code>",
        "<dt>Published by</dt>\n<dd>127.0.0.1</dd>",
        REDIRECT,
        "Any program could pretend to be Claude <Code>",
    ] {
        assert!(body.contains(text), "{text}: {body}");
    }
    assert!(!body.contains("Nobody has verified"), "{body}");
}

#[actix_web::test]
async fn what_is_wrong_with_a_document_is_told_to_the_user_and_recorded() {
    let (server, publisher) = (server().await, Publisher::new());
    let json = "Content-Type: application/json";
    let with = |member: &str, value: Value| {
        let mut document = publisher.document();
        document[member] = value;
        ("200 OK", json, document.to_string())
    };
    let long = "x".repeat(5 * 1024);
    for ((status, header, body), code, reason) in [
        (
            ("302 Found", "Location: https://claude.ai/", String::new()),
            400,
            "redirects are not followed",
        ),
        (("404 Not Found", json, String::new()), 400, "the status 404"),
        (
            ("503 Service Unavailable", json, String::new()),
            503,
            "the status 503",
        ),
        (
            ("200 OK", "Content-Type: text/html", "<p>".to_owned()),
            400,
            "not application/json",
        ),
        (("200 OK", json, "canary".to_owned()), 400, "not a JSON object"),
        (with("client_uri", long.into()), 400, "its answer is too long"),
        (
            with("client_id", "https://evil.example/c".into()),
            400,
            "not, byte for byte, the URL",
        ),
        (with("client_name", Value::Null), 400, "client_name is missing"),
        (
            with("client_secret", "canary".into()),
            400,
            "begins with client_secret",
        ),
        (
            with("token_endpoint_auth_method", "client_secret_post".into()),
            400,
            "accepted is none",
        ),
        (
            with("token_endpoint_auth_method", "private_key_jwt".into()),
            400,
            "jwks: is needed",
        ),
        (
            with("redirect_uris", json!(["https://a.example/canary#x"])),
            400,
            "it has a fragment",
        ),
        (
            with("redirect_uris", json!([])),
            400,
            "redirect_uris must be a list",
        ),
    ] {
        publisher.say(status, header, &body);
        let (answered, page) = refusal(&server, &publisher.request()).await;
        assert_eq!(answered, code, "{reason}: {page}");
        assert!(
            page.contains(reason) && !page.contains("canary"),
            "{reason}: {page}"
        );
        let events = server.events();
        let event = events.last().unwrap();
        assert_eq!(event.operation_name, "authorization_refused");
        assert_eq!(event.operation_status, OperationStatus::Error);
        assert_eq!(event.client_id.as_deref(), Some(publisher.id.as_str()));
        assert!(
            event.error.as_ref().unwrap().contains(reason),
            "{:?}",
            event.error
        );
    }
    let exchanged = publisher.exchange(&server, "mcp_code_x").await;
    assert_eq!(
        (exchanged.status, exchanged.text("error").as_str()),
        (401, "invalid_client")
    );
}

#[actix_web::test]
async fn a_document_cannot_name_redirect_uris_that_run_code_or_read_files() {
    let (server, publisher) = (server().await, Publisher::new());
    for redirect_uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://a.example/x",
        "https://a.example/cb\u{0}",
        "https://a.example/%0d%0aSet-Cookie:x",
    ] {
        let mut document = publisher.document();
        document["redirect_uris"] = json!([PUBLISHED[0], redirect_uri]);
        publisher.publish(&document);
        let (status, page) = refusal(&server, &publisher.request()).await;
        assert_eq!(status, 400, "{redirect_uri}: {page}");
        assert!(
            page.contains("Invalid redirect_uri: redirect_uris[1]: "),
            "{redirect_uri}: {page}"
        );
    }
}

#[actix_web::test]
async fn a_url_that_must_not_be_read_is_refused_before_anybody_is_called() {
    let server = server().await;
    for (id, reason) in [
        ("https://10.0.0.1/client.json", "not on the public internet"),
        (
            "https://169.254.169.254/latest/meta-data",
            "not on the public internet",
        ),
        ("https://[fd00::1]/client.json", "not on the public internet"),
        ("https://app.example:8443/client.json", "not read from port 8443"),
        ("http://app.example/client.json", "must be https"),
        ("https://app.example/client.json?x=1", "must be https"),
        ("https://app.example/", "must be https"),
        ("https://user@app.example/client.json", "must be https"),
        ("https://app.example/a/../client.json", "must be https"),
    ] {
        let (status, page) = refusal(&server, &Fields::authorization(id, REDIRECT)).await;
        assert_eq!(status, 400, "{id}: {page}");
        assert!(page.contains(reason), "{id}: {page}");
    }
}

#[actix_web::test]
async fn where_documents_are_switched_off_their_clients_are_told_to_register() {
    let (server, publisher) = (Server::local().await, Publisher::new());
    let (status, page) = refusal(&server, &publisher.request()).await;
    assert_eq!(status, 400);
    assert!(page.contains("the application must register"), "{page}");
    assert_eq!(publisher.asked(), 0);
}

#[actix_web::test]
async fn a_redirect_uri_that_the_document_does_not_have_any_more_is_refused() {
    let (server, publisher) = (server().await, Publisher::new());
    log_in(&server, &publisher).await;
    let mut moved = publisher.document();
    moved["redirect_uris"] = json!(["https://claude.ai/moved"]);
    publisher.publish(&moved);
    server.clock.advance(FRESH);
    let (status, page) = refusal(&server, &publisher.request()).await;
    assert_eq!(status, 400);
    assert!(page.contains("Invalid redirect_uri"), "{page}");
    let request = Fields::authorization(&publisher.id, "https://claude.ai/moved");
    let page = consent_page(&Browser::new(&server), &request).await;
    assert!(page.answer.body.contains("claude.ai"), "{}", page.answer.body);
}

#[actix_web::test]
async fn a_document_with_other_redirect_uris_or_another_name_is_consented_to_again() {
    let (server, publisher) = (server().await, Publisher::new());
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &publisher.request()).await;
    browser.submit_once(&page.form(), &[]).await;
    let again = async || {
        browser
            .walk_from(TestRequest::get().uri(&publisher.request().uri()))
            .await
    };
    assert_eq!(again().await.answer.status, 303, "agreed to before");
    let mut redirect_uris = publisher.document();
    redirect_uris["redirect_uris"] = json!([PUBLISHED[0], "https://evil.example/callback"]);
    let mut name = publisher.document();
    name["client_name"] = "Your Bank".into();
    for document in [redirect_uris, name] {
        publisher.publish(&document);
        server.clock.advance(FRESH);
        let asked = again().await;
        assert!(
            asked.answer.body.contains("name=\"decision\""),
            "{}",
            asked.answer.body
        );
        browser.submit_once(&asked.form(), &[]).await;
        assert_eq!(again().await.answer.status, 303, "agreed to anew");
    }
}

#[actix_web::test]
async fn a_login_outlives_a_restart_and_its_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oauth.db");
    let publisher = Publisher::new();
    let server = Server::with_documents_kept_in(&path, START).await;
    let tokens = log_in(&server, &publisher).await;
    let now = server.clock.now();
    server.stop().await;
    publisher.say("503 Service Unavailable", "Retry-After: 60", "");
    let server = Server::with_documents_kept_in(&path, now + FRESH).await;
    let refreshed = publisher.refresh(&server, &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_eq!(publisher.asked(), 1);
    log_in(&server, &publisher).await;
    assert_eq!(publisher.asked(), 2);
}
