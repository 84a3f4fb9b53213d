//! No secret is in the log, in the audit, in errors or in what operators see, whatever goes right or wrong.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::login::{CLIENT_SECRET, Caller, FORM, PASSWORD, configuration, query};
use crate::server::{Project, Server};

const ADMIN_TOKEN: &str = "admin-token-of-the-canary";
const SEALING_KEY: &str = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=";
/// Typed into the wrong place, or by somebody else.
const STRAYS: [&str; 3] = ["stray-password-1", "stray-token-2", "stray-secret-3"];

/// `tokens` is the YAML mapping `auth.tokens`.
fn serve(tokens: &str) -> Server {
    let persistence =
        format!("persistence: {{ type: sqlite, path: oauth.db, auth_encryption_key: {SEALING_KEY} }}");
    let config = configuration(&[("ada", "name: Ada")])
        .replace("provider: local,", &format!("provider: local, tokens: {tokens}, {persistence},"))
        .replace(
            "mxcp: 1\n",
            &format!(
                "mxcp: 1\nlogging: {{ path: logs/server.log }}\nadmin: {{ enabled: true, port: 0, token: {ADMIN_TOKEN} }}\n"
            ),
        );
    Project::new()
        .user_config(&config)
        .tool("who", "SELECT get_username() AS name", "")
        .argument("--debug")
        .start()
}

async fn post(server: &Server, path: &str, pairs: &[(&str, &str)]) -> String {
    let answer = server
        .request("POST", path, FORM, query(pairs).into_bytes())
        .await;
    String::from_utf8(answer.body).unwrap()
}

/// Everything that can go wrong with something secret in hand, and all that is answered.
async fn go_wrong(server: &Server, [code, access, refresh]: [&str; 3]) -> Vec<String> {
    let mut answers = Vec::new();
    let [password, token, secret] = STRAYS;
    answers.push(post(server, "/login", &[("username", "ada"), ("password", password)]).await);
    let client = [("client_id", "test-client"), ("client_secret", CLIENT_SECRET)];
    let with = |more: &[(&'static str, &str)]| {
        let pairs = client
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        pairs.collect::<Vec<_>>()
    };
    for pairs in [
        with(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]),
        with(&[("grant_type", "refresh_token"), ("refresh_token", token)]),
        with(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", secret),
        ]),
        with(&[("grant_type", "wrong"), ("code", code)]),
    ] {
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
            .collect();
        answers.push(post(server, "/token", &pairs).await);
    }
    let wrong_secret = [("client_id", "test-client"), ("client_secret", secret)];
    answers.push(post(server, "/token", &wrong_secret).await);
    let owned = [
        ("token", access),
        ("client_id", "test-client"),
        ("client_secret", CLIENT_SECRET),
    ];
    for path in ["/introspect", "/revoke"] {
        answers.push(post(server, path, &owned).await);
    }
    for (path, header) in [("/mcp", token), ("/mcp?access_token=stray-token-2", access)] {
        let bearer = format!("Bearer {header}");
        let headers = [("Authorization", bearer.as_str())];
        let answer = server.request("POST", path, &headers, Vec::new()).await;
        answers.push(String::from_utf8(answer.body).unwrap());
    }
    answers
}

/// All that the operator's interface tells, and what it tells somebody with another token.
async fn look_at(server: &Server) -> Vec<String> {
    let admin = crate::admin::address(server);
    let [_, stray, _] = STRAYS;
    let mut answers = Vec::new();
    for bearer in [ADMIN_TOKEN, stray] {
        for path in ["/status", "/config", "/endpoints", "/metrics", "/ready"] {
            let bearer = format!("Bearer {bearer}");
            let headers = [("Authorization", bearer.as_str())];
            let answer = server
                .request_url("GET", &format!("{admin}{path}"), &headers, Vec::new())
                .await;
            answers.push(String::from_utf8(answer.body).unwrap());
        }
    }
    answers
}

/// The content of every file of a folder.
fn content(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect()
}

#[actix_rt::test]
async fn no_secret_is_in_the_log_in_the_audit_in_errors_or_in_what_operators_see() {
    search("{ format: opaque }").await;
}

#[actix_rt::test]
async fn no_signed_token_nor_a_part_of_one_is_anywhere_either() {
    search("{ format: jwt }").await;
}

/// `tokens` is the YAML mapping `auth.tokens`.
async fn search(tokens: &str) {
    let server = serve(tokens);
    let ada = Caller::log_in(&server, "ada").await;
    let answer = ada.call("who", json!({})).await;
    assert_eq!(answer["isError"], false, "{answer}");
    let mut secrets = ada.secrets().to_vec();
    let [code, access, refresh, ..] = ada.secrets() else {
        panic!("{secrets:?}")
    };
    // Of a signed token no part may be seen alone.
    let parts = access.split('.').skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(parts.len(), if tokens.contains("jwt") { 2 } else { 0 });
    let errors = go_wrong(&server, [code, access, refresh]).await;
    let seen = look_at(&server).await;
    let (_, folder) = server.stop();
    let log = content(&folder.path().join("logs"));
    let audit = content(&folder.path().join("audit"));
    assert!(
        log.contains("DEBUG]") && log.contains("login user=ada") && log.contains("call tool=who"),
        "{log}"
    );
    assert!(
        audit.contains("login_succeeded") && audit.contains("\"who\""),
        "{audit}"
    );
    secrets.extend([PASSWORD, CLIENT_SECRET, ADMIN_TOKEN, SEALING_KEY].map(str::to_owned));
    secrets.extend(parts);
    secrets.extend(STRAYS.map(str::to_owned));
    assert!(
        errors.len() == 10 && seen.iter().any(|answer| answer.contains("mxcp_")),
        "{seen:?}"
    );
    for secret in &secrets {
        let answered = errors.iter().chain(&seen).flat_map(|answer| answer.lines());
        let shown = log
            .lines()
            .chain(audit.lines())
            .chain(answered)
            .find(|line| line.contains(secret.as_str()));
        assert_eq!(shown, None, "{secret} is shown");
    }
}
