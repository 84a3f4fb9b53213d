//! What is borne from whoever can reach the server: slow senders, many connections, and requests without a good token.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use awc::http::StatusCode;
use serde_json::json;

use crate::login::{Browser, Caller, configuration};
use crate::server::{PATIENCE, Project, Server};

fn impatient() -> Server {
    Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config("mxcp: 1\ntransport: { http: { request_timeout: 1, max_connections: 64 } }\n")
        .start()
}

/// Sends the beginning of a request, and answers all that comes until the server closes.
fn begin(server: &Server, beginning: &str) -> String {
    let mut socket = TcpStream::connect(server.at("").replace("http://", "")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(beginning.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[actix_rt::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = impatient();
    let answer = begin(&server, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: ");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
}

#[actix_rt::test]
async fn a_body_that_does_not_end_is_cut_off() {
    let server = impatient();
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{";
    let answer = begin(&server, head);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("did not arrive within 1 s"), "{answer}");
}

#[actix_rt::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let server = impatient();
    let body = vec![b' '; 5 * 1024 * 1024];
    let answer = server.send("POST", crate::server::LEGACY, body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Sends a request on a connection that stays open, and answers whether an answer comes in time.
fn is_answered(connection: &mut TcpStream, time: Duration) -> bool {
    connection.set_read_timeout(Some(time)).unwrap();
    let mut answer = [0; 12];
    match connection.read_exact(&mut answer) {
        Ok(()) => &answer == b"HTTP/1.1 200",
        Err(_) => false,
    }
}

#[actix_rt::test]
async fn connections_beyond_the_limit_wait_until_others_close() {
    let server = Project::new()
        .user_config("mxcp: 1\ntransport: { http: { max_connections: 1 } }\n")
        .start();
    let authority = server.at("").replace("http://", "");
    // Somebody is answered, however long that takes; whoever is not answered in a moment then waits or is slow.
    let mut patience = PATIENCE;
    let mut open = Vec::new();
    let mut waiting = loop {
        let mut connection = TcpStream::connect(&authority).unwrap();
        let request = format!("GET /health HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        if !is_answered(&mut connection, patience) {
            break connection;
        }
        patience = Duration::from_millis(500);
        open.push(connection);
        // Each of the server's threads takes its share, and at least one.
        assert!(open.len() < 1_000, "there is no limit");
    };
    assert!(!open.is_empty());
    drop(open);
    assert!(is_answered(&mut waiting, PATIENCE), "its turn comes");
}

fn limited(limits: &str) -> Server {
    let config = configuration(&[("ada", ""), ("bob", "")]);
    let config = config.replace("base_url:", &format!("rate_limits: {{ {limits} }}, base_url:"));
    Project::new()
        .user_config(&config)
        .tool("one", "SELECT 1 AS x", "")
        .start()
}

async fn call_with(server: &Server, token: &str) -> (u16, Option<String>) {
    let header = format!("Bearer {token}");
    let headers = [crate::server::LEGACY, &[("Authorization", &header)]].concat();
    let answer = server.send("POST", &headers, b"{}".to_vec()).await;
    let retry_after = answer.header("retry-after").map(str::to_owned);
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        assert_eq!(answer.json()["error"], "too_many_requests");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    (answer.status.as_u16(), retry_after)
}

#[actix_rt::test]
async fn bad_tokens_are_counted_and_good_ones_pass_all_the_same() {
    let server = limited("unauthenticated: 3");
    let ada = Caller::log_in(&server, "ada").await;
    for _ in 0..3 {
        assert_eq!(call_with(&server, "wrong").await, (401, None));
    }
    let (status, retry_after) = call_with(&server, "wrong").await;
    assert_eq!(status, 429);
    let seconds: u64 = retry_after.unwrap().parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    assert_eq!(server.send("POST", &[], Vec::new()).await.status.as_u16(), 429);
    assert_eq!(
        ada.call("one", json!({})).await["content"][0]["text"],
        r#"[{"x":1}]"#
    );
}

#[actix_rt::test]
async fn a_user_has_an_allowance_of_its_own_if_the_operator_wants_it() {
    let server = limited("user: 2");
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    for expected in [200, 200, 429] {
        let answer = ada.ask_for_answer("tools/list", json!({})).await;
        assert_eq!(answer.status.as_u16(), expected, "{answer:?}");
        if expected == 429 {
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
    }
    let answer = bob.ask_for_answer("tools/list", json!({})).await;
    assert_eq!(answer.status.as_u16(), 200, "another user's");
}

#[actix_rt::test]
async fn each_endpoint_has_its_own_allowance() {
    let server = limited("register: 1, authorize: 1, token: 1, introspect: 1");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let json = ("Content-Type", "application/json");
    for (method, path, header) in [
        ("POST", "/register", json),
        ("GET", "/authorize", form),
        ("POST", "/token", form),
        ("POST", "/introspect", form),
    ] {
        let headers = [header];
        let ask = || server.request(method, path, &headers, b"{}".to_vec());
        let first = ask().await;
        assert_ne!(first.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        let second = ask().await;
        assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(second.header("retry-after").is_some(), "{path}");
    }
    // What is under /oauth/ is the same door; giving a token back is the token endpoint's.
    for path in ["/oauth/register", "/oauth/token", "/oauth/introspect", "/revoke"] {
        let header = if path == "/oauth/register" { json } else { form };
        let answer = server.request("POST", path, &[header], b"{}".to_vec()).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
}

/// Where GitHub sends browsers back to: anybody can ask that, too.
#[actix_rt::test]
async fn the_callback_of_a_provider_has_the_allowance_of_the_authorization_endpoint() {
    let config = "mxcp: 1\ntransport: { http: { rate_limits: { authorize: 2 } } }\nprojects: { test: { profiles: { dev: { auth: \
        { provider: github, github: { client_id: a, client_secret: b } } } } } }\n";
    let server = Project::new().user_config(config).start();
    let path = "/github/callback?code=a&state=b";
    for expected in [400, 400, 429] {
        let answer = server.request("GET", path, &[], Vec::new()).await;
        assert_eq!(answer.status.as_u16(), expected, "{answer:?}");
        if expected == 429 {
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
    }
    let authorize = server.request("GET", "/authorize", &[], Vec::new()).await;
    assert_eq!(authorize.status, StatusCode::TOO_MANY_REQUESTS, "it is one door");
}

#[actix_rt::test]
async fn wrong_passwords_of_one_account_are_limited_as_the_operator_says() {
    let server = limited("login: 1");
    let mut browser = Browser::new(&server);
    let page = browser.begin(None).await;
    for expected in [403, 403, 403, 403, 403, 429] {
        let wrong = [("username", "ada"), ("password", "wrong")];
        let answer = browser.submit(&page, &wrong).await;
        assert_eq!(answer.status.as_u16(), expected, "{answer:?}");
        if expected == 429 {
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((31..=60).contains(&seconds), "one a minute: {seconds}");
        }
    }
    let other = [("username", "bob"), ("password", "wrong")];
    let answer = browser.submit(&page, &other).await;
    assert_eq!(answer.status.as_u16(), 403, "another account's");
}

#[actix_rt::test]
async fn who_registers_too_often_is_told_so_in_json_whatever_address_he_claims() {
    let server = limited("register: 2");
    let metadata = json!({ "redirect_uris": ["https://a.example/cb"] }).to_string();
    for (claimed, status) in [
        ("198.51.100.1", 201),
        ("198.51.100.2", 201),
        ("198.51.100.3", 429),
    ] {
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", claimed),
            ("X-Real-IP", claimed),
        ];
        let answer = server
            .request("POST", "/register", &headers, metadata.clone().into_bytes())
            .await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        if status == 429 {
            assert_eq!(answer.json()["error"], "too_many_requests");
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
    }
}

#[actix_rt::test]
async fn an_application_that_registers_too_often_leaves_room_for_its_neighbours_and_all_of_them_are_bounded()
{
    let server = limited("register: 2");
    let register = async |name: &str, address: &str| {
        let metadata = json!({ "client_name": name, "redirect_uris": [address] }).to_string();
        let headers = [("Content-Type", "application/json")];
        let answer = server.request("POST", "/register", &headers, metadata.into_bytes());
        answer.await.status.as_u16()
    };
    for (port, status) in [(1, 201), (2, 201), (3, 429)] {
        assert_eq!(
            register("greedy", &format!("http://127.0.0.1:{port}/")).await,
            status
        );
    }
    assert_eq!(register("greedy", "https://elsewhere.example/cb").await, 201);
    // All that the network may: ten times as many. Those that were turned away count, too.
    let mut others = 0;
    while register(&format!("neighbour {others}"), "http://127.0.0.1:1/").await == 201 {
        others += 1;
    }
    // While the test runs, an allowance comes back now and then.
    assert!((16..20).contains(&others), "{others}");
}

#[actix_rt::test]
async fn a_limit_of_zero_is_none() {
    let server = limited("unauthenticated: 0");
    for _ in 0..20 {
        assert_eq!(call_with(&server, "wrong").await.0, 401);
    }
}
