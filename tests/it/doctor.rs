//! `doctor`: the profiles of all clients against the real program, alone and behind what spoils it for them.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::audit::records;
use crate::login::{self, PASSWORD};
use crate::reverse_proxy::{self, HOST, Nginx, TRUSTING};
use crate::server::{Project, Server, client, program};
use crate::serving::Serving;

const CLIENTS: [&str; 7] = [
    "claude.ai",
    "claude-code",
    "chatgpt",
    "vscode",
    "cursor",
    "codex",
    "inspector",
];

/// A user with a password, and no documents to be fetched from the internet.
pub(crate) fn configuration(base_url: &str) -> String {
    let documents = "auth: { client_metadata_documents: { enabled: false }, provider";
    login::configuration(&[("ada", "")])
        .replace("auth: { provider", documents)
        .replace("base_url: 'http://localhost:1'", base_url)
}

fn project(base_url: &str) -> Project {
    Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config(&configuration(base_url))
        .file("password", &format!("{PASSWORD}\n"))
}

/// What a run printed as JSON, and its exit code.
fn doctor(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = program(folder)
        .args(["doctor", "--json-output"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let json: Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), json["result"].clone())
}

/// How a check of a client went, and what was said.
fn line(result: &Value, client: &str, check: &str) -> (String, String) {
    let findings = result["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["client"] == client && finding["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check} of {client} in {result:#}"));
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("outcome"), text("detail"))
}

fn with_login(server: &Server) -> (Option<i32>, Value) {
    let url = server.at("/mcp");
    let arguments = ["--url", &url, "--username", "ada", "--password-file", "password"];
    doctor(server.folder(), &arguments)
}

#[test]
fn every_client_gets_through_to_the_tools_of_a_good_server() {
    let server = project("").start();
    let (code, result) = with_login(&server);
    assert_eq!(code, Some(0), "{result:#}");
    assert_eq!(
        (&result["failed"], &result["warnings"]),
        (&0.into(), &0.into()),
        "{result:#}"
    );
    for client in CLIENTS {
        for check in [
            "discovery",
            "registration",
            "redirect URI",
            "foreign redirect",
            "wrong code",
            "wrong refresh token",
            "forgotten client",
        ] {
            assert_eq!(line(&result, client, check).0, "ok", "{client} {check}");
        }
    }
    for check in ["CORS preflight", "CORS answers"] {
        assert_eq!(line(&result, "inspector", check).0, "ok");
    }
    for check in [
        "login",
        "code exchange",
        "refresh",
        "refresh after a lost answer",
        "tools, 2026-07-28",
        "session",
        "tools, 2025-11-25",
        "MCP-Protocol-Version",
        "logout",
    ] {
        assert_eq!(line(&result, "server", check).0, "ok", "{check}");
    }
    let told = result.to_string();
    assert!(!told.contains(PASSWORD) && !told.contains("mcp_"), "{told}");
}

#[test]
fn what_it_registers_is_kept_once_and_named() {
    let server = project("").start();
    let bare = server.at("");
    for _ in ["first", "second"] {
        let (code, result) = doctor(server.folder(), &["--url", &bare, "--client", "cursor"]);
        assert_eq!(code, Some(0), "{result:#}");
        let of_others = result["findings"].as_array().unwrap().iter();
        assert!(
            of_others
                .map(|finding| finding["client"].as_str().unwrap())
                .all(|client| ["server", "cursor"].contains(&client))
        );
    }
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let registered: Vec<_> = records
        .iter()
        .filter(|record| record["operation_name"] == "client_registered")
        .map(|record| record["client_id"].as_str().unwrap())
        .collect();
    assert_eq!(registered.len(), 2);
    assert_eq!(registered[0], registered[1], "equal registrations are one");
    let asked = records
        .iter()
        .find(|record| record["operation_name"] == "authorization_requested");
    assert_eq!(
        asked.unwrap()["input_data"]["client_name"],
        "mxcp-actor doctor (cursor)"
    );
}

#[test]
fn a_public_address_that_is_not_the_one_that_clients_use_fails_for_all_of_them() {
    let server = project("base_url: 'http://localhost:1'").start();
    let url = server.at("/mcp");
    let (code, result) = doctor(server.folder(), &["--url", &url]);
    assert_eq!(code, Some(1));
    for check in ["challenge", "resource metadata at the path", "issuer"] {
        let (outcome, detail) = line(&result, "server", check);
        assert_eq!(outcome, "failed", "{check}: {detail}");
        assert!(
            detail.contains("http://localhost:1") && detail.contains("transport.http.base_url"),
            "{detail}"
        );
        assert!(!detail.contains("CSRF"), "the scheme is right: {detail}");
    }
    let table = program(server.folder())
        .args(["doctor", "--url", &url])
        .output()
        .unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("server  challenge") && table.contains("FAILED"),
        "{table}"
    );
    assert!(table.trim_end().ends_with(" failed"), "{table}");
}

/// A proxy that passes everything on but one header of the answers.
fn proxy_without(header: &'static str) -> (Serving, Arc<Mutex<String>>) {
    proxy(header, |_| {})
}

/// The same, which looks at each request before; and where it finds the address of the server behind it.
pub(crate) fn proxy(
    without: &'static str,
    look: impl Fn(&HttpRequest) + Clone + Send + 'static,
) -> (Serving, Arc<Mutex<String>>) {
    let behind = Arc::new(Mutex::new(String::new()));
    let known = Arc::clone(&behind);
    let serving = Serving::start(move |_| {
        move |config: &mut web::ServiceConfig| {
            let (known, look) = (Arc::clone(&known), look.clone());
            let pass = move |request: HttpRequest, body: Bytes| {
                let url = format!("{}{}", known.lock().unwrap(), request.uri());
                look(&request);
                async move { pass_on(request, &url, body, without).await }
            };
            config.default_service(web::to(pass));
        }
    });
    (serving, behind)
}

async fn pass_on(request: HttpRequest, url: &str, body: Bytes, without: &str) -> HttpResponse {
    let mut asked = client().request(request.method().as_str().parse().unwrap(), url);
    for (name, value) in request.headers() {
        if name != "content-length" {
            asked = asked.append_header((name.as_str(), value.as_bytes()));
        }
    }
    let mut answer = asked.send_body(body).await.unwrap();
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let mut passed = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        if name.as_str() != without && name != "content-length" && name != "transfer-encoding" {
            passed.append_header((name.as_str(), value.as_bytes()));
        }
    }
    passed.body(answer.body().await.unwrap())
}

#[test]
fn a_proxy_that_drops_the_challenge_stops_those_who_look_nowhere_else() {
    let (proxy, behind) = proxy_without("www-authenticate");
    let server = project(&format!("base_url: '{}'", proxy.url())).start();
    *behind.lock().unwrap() = server.at("");
    let url = format!("{}/mcp", proxy.url());
    let (code, result) = doctor(server.folder(), &["--url", &url]);
    assert_eq!(code, Some(1), "{result:#}");
    let (outcome, detail) = line(&result, "server", "challenge");
    assert_eq!(outcome, "failed");
    assert!(detail.starts_with("401 without WWW-Authenticate"), "{detail}");
    assert_eq!(line(&result, "vscode", "discovery").0, "failed");
    assert_eq!(
        line(&result, "claude.ai", "discovery").0,
        "ok",
        "it looks elsewhere, too"
    );
    assert_eq!(result["failed"], 2, "{result:#}");
}

#[test]
fn a_proxy_that_drops_leave_for_pages_is_named() {
    let (proxy, behind) = proxy_without("access-control-allow-origin");
    let server = project(&format!("base_url: '{}'", proxy.url())).start();
    *behind.lock().unwrap() = server.at("");
    let (code, result) = doctor(server.folder(), &["--url", proxy.url(), "--client", "inspector"]);
    assert_eq!(code, Some(1), "{result:#}");
    assert_eq!(line(&result, "inspector", "CORS preflight").0, "failed");
    assert_eq!(line(&result, "inspector", "CORS answers").0, "failed");
}

#[test]
fn a_proxy_that_drops_sessions_is_named() {
    let (proxy, behind) = proxy_without("mcp-session-id");
    let server = project(&format!("base_url: '{}'", proxy.url())).start();
    *behind.lock().unwrap() = server.at("");
    let user = [
        "--username",
        "ada",
        "--password-file",
        "password",
        "--client",
        "codex",
    ];
    let arguments = [&["--url", proxy.url()], &user[..]].concat();
    let (code, result) = doctor(server.folder(), &arguments);
    let (outcome, detail) = line(&result, "server", "session");
    assert_eq!(
        (outcome.as_str(), &result["warnings"]),
        ("warn", &1.into()),
        "{result:#}"
    );
    assert!(detail.contains("drops the header"), "{detail}");
    assert_eq!(line(&result, "server", "tools, 2026-07-28").0, "ok");
    assert_eq!(line(&result, "server", "tools, 2025-11-25").0, "failed");
    assert_eq!(code, Some(1), "a server with sessions wants them");
}

#[test]
fn a_certificate_that_nobody_knows_is_named_and_can_be_made_known() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let file = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
    let tls = "tls: { cert: server.pem, key: server.key }";
    let server = project(tls)
        .file("server.pem", &file("server.pem"))
        .file("server.key", &file("server.key"))
        .start();
    let url = server.at("/mcp");
    let (code, result) = doctor(server.folder(), &["--url", &url]);
    assert_eq!(code, Some(1));
    let (outcome, detail) = line(&result, "server", "reachable");
    assert_eq!(outcome, "failed");
    assert!(
        detail.starts_with("TLS failed: invalid peer certificate"),
        "{detail}"
    );
    let known = ["--url", &url, "--ca-file", "server.pem", "--client", "codex"];
    let (code, result) = doctor(server.folder(), &known);
    assert_eq!(code, Some(0), "{result:#}");
}

#[test]
fn what_cannot_be_examined_is_said() {
    let folder = Project::new().file("empty", "").written();
    let nobody = doctor(folder.path(), &["--url", "http://127.0.0.1:1/mcp"]);
    assert_eq!(nobody.0, Some(1));
    let (outcome, detail) = line(&nobody.1, "server", "reachable");
    assert_eq!(outcome, "failed");
    assert!(detail.contains("whether the server runs"), "{detail}");
    for (arguments, code, says) in [
        (&["--url", "mcp.example.com"][..], 1, "--url is no URL"),
        (&["--url", "ftp://mcp.example.com"], 1, "must begin with https://"),
        (
            &["--url", "http://localhost:1", "--client", "netscape"],
            2,
            "expected one of claude.ai",
        ),
        (
            &["--url", "http://localhost:1", "--ca-file", "empty"],
            1,
            "no PEM certificate is in it",
        ),
        (
            &["--url", "http://localhost:1", "--token-file", "empty"],
            1,
            "empty: it is empty",
        ),
        (
            &["--url", "http://localhost:1", "--username", "ada"],
            2,
            "--password-file",
        ),
    ] {
        let ran = program(folder.path())
            .arg("doctor")
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[test]
fn a_server_that_takes_https_for_http_is_told_so_in_the_words_that_people_search_for() {
    let elsewhere = "trust_proxy: true, trusted_proxies: ['192.0.2.1'], allowed_hosts: ['localhost']";
    let server = reverse_proxy::server(elsewhere);
    let nginx = Nginx::start(&server, |site| site.replace(HOST, "localhost"));
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/server.pem");
    let url = format!("https://localhost:{}/mcp", nginx.port);
    let authority = authority.display().to_string();
    let (code, result) = doctor(server.folder(), &["--url", &url, "--ca-file", &authority]);
    assert_eq!(code, Some(1), "{result:#}; {}", nginx.log());
    for check in ["challenge", "resource metadata at the path", "issuer"] {
        let (outcome, detail) = line(&result, "server", check);
        assert_eq!(outcome, "failed", "{check}: {detail}");
        assert!(detail.contains("http://localhost"), "{detail}");
        for searched in [
            "\"CSRF detected\"",
            "\"invalid callback URL\"",
            "transport.http.scheme: https",
        ] {
            assert!(detail.contains(searched), "{check}: {detail}");
        }
    }
}

#[test]
fn the_doctor_finds_nothing_wrong_behind_the_documented_file() {
    let named = |text: &str| text.replace(HOST, "localhost");
    let server = reverse_proxy::server(&named(TRUSTING));
    let nginx = Nginx::start(&server, |site| named(&site));
    fs::write(server.folder().join("password"), PASSWORD).unwrap();
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/server.pem");
    let url = format!("https://localhost:{}/mcp", nginx.port);
    let ran = program(server.folder())
        .args([
            "doctor",
            "--json-output",
            "--url",
            &url,
            "--username",
            "ada",
            "--password-file",
            "password",
        ])
        .args([
            "--client",
            "vscode",
            "--client",
            "cursor",
            "--client",
            "inspector",
            "--ca-file",
        ])
        .arg(authority)
        .output()
        .unwrap();
    let told: Value =
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}; {}", nginx.log()));
    let result = &told["result"];
    assert_eq!(
        (&result["failed"], &result["warnings"]),
        (&json!(0), &json!(0)),
        "{told:#}"
    );
    assert_eq!(ran.status.code(), Some(0));
}
