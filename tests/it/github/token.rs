//! `get_user_external_token()`: the token is in SQL, and in nothing that leaves the server.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::fake::{CLIENT_SECRET, Quirks};
use super::{fake, log_in, project_with, tokens};
use crate::admin::look;
use crate::login::Caller;

#[actix_web::test]
async fn sql_has_the_token_and_answers_do_not() {
    let fake = fake(Quirks::default());
    let project = project_with(&fake, CLIENT_SECRET, "")
        .tool(
            "prefix",
            "SELECT left(get_user_external_token(), 4) AS t, length(get_user_external_token()) > 20 AS long",
            "",
        )
        .tool(
            "whole",
            "SELECT 'Bearer ' || get_user_external_token() AS t, 12345678901234567890.1::DECIMAL(38,1) AS n",
            "",
        )
        .tool(
            "returned",
            "SELECT get_user_external_token() AS t",
            "  returns_token: true\n",
        )
        .tool(
            "failing",
            "SELECT error('no ' || get_user_external_token()) AS t",
            "",
        );
    let server = project.start();
    let caller = log_in(&server).await;
    let text = async |tool: &str| {
        let answer = caller.call(tool, json!({})).await;
        answer["content"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text("prefix").await, r#"[{"t":"gho_","long":true}]"#);
    assert_eq!(
        text("whole").await,
        r#"[{"t":"Bearer [REDACTED]","n":12345678901234567890.1}]"#
    );
    let token = fake.state().live.keys().next().unwrap().clone();
    assert_eq!(text("returned").await, format!(r#"[{{"t":"{token}"}}]"#));
    let error = text("failing").await;
    assert!(
        error.contains("no [REDACTED]") && !error.contains(&token),
        "{error}"
    );
}

#[actix_web::test]
async fn a_callers_own_sql_has_the_token_only_where_the_project_says_so() {
    let own = json!({ "sql": "SELECT length(get_user_external_token()) AS n" });
    for (setting, has_token) in [("", false), (", allow_external_token: true", true)] {
        let fake = fake(Quirks::default());
        let site = format!("mxcp: 1\nproject: test\nprofile: dev\nsql_tools: {{ enabled: true{setting} }}\n");
        let project = project_with(&fake, CLIENT_SECRET, "").file("mxcp-site.yml", &site);
        let server = project.start();
        let caller = log_in(&server).await;
        let answer = caller.call("execute_sql_query", own.clone()).await;
        let length = answer["structuredContent"]["result"][0]["n"].as_u64();
        assert_eq!(length.map(|length| length > 20), Some(has_token), "{answer}");
    }
}

#[actix_web::test]
async fn a_good_token_of_github_opens_nothing_here() {
    let fake = fake(Quirks::default());
    let server = project_with(&fake, CLIENT_SECRET, "")
        .tool("one", "SELECT 1 AS x", "")
        .start();
    let user = log_in(&server).await;
    assert_eq!(user.call("one", json!({})).await["isError"], false);
    let (token, asked) = {
        let state = fake.state();
        (state.live.keys().next().unwrap().clone(), state.seen.len())
    };
    let stranger = Caller::with_token(&server, &token);
    let answer = stranger.ask_for_answer("tools/list", json!({})).await;
    assert_eq!(answer.status.as_u16(), 401, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert_eq!(fake.state().seen.len(), asked, "GitHub is not asked about it");
}

#[actix_web::test]
async fn nothing_secret_is_in_logs_files_answers_or_what_operators_see() {
    let fake = fake(Quirks {
        expiring: true,
        first_lifetime: Some(30),
        ..Quirks::default()
    });
    let kept = ", persistence: { type: sqlite, path: oauth.db }";
    let server = project_with(&fake, CLIENT_SECRET, kept)
        .tool(
            "whole",
            "SELECT get_user_external_token() AS t",
            "  returns_token: true\n",
        )
        .tool("failing", "SELECT error(get_user_external_token()) AS t", "")
        .start();
    let answered = tokens(&server).await;
    let caller = Caller::with_token(&server, answered["access_token"].as_str().unwrap());
    caller.call("whole", json!({})).await;
    caller.call("failing", json!({})).await;
    super::revoke(&server, answered["refresh_token"].as_str().unwrap()).await;
    let mut operators = Vec::new();
    for path in ["/status", "/config", "/endpoints", "/metrics"] {
        operators.extend(look(&server, path).await.body);
    }
    assert!(holds(
        &operators,
        "mxcp_provider_requests_total{provider=\"github\""
    ));
    let secrets = fake.state().given_out.clone();
    assert!(secrets.len() > 4, "a code, two access and two refresh tokens");
    let (log, folder) = server.stop_with_log();
    assert!(
        log.iter().any(|line| line.contains("DEBUG")),
        "the log is at debug level"
    );
    let audit = bytes_below(&folder.path().join("audit"));
    assert!(
        String::from_utf8_lossy(&audit).contains("[REDACTED]"),
        "the results are in the audit"
    );
    let database = fs::read(folder.path().join("oauth.db")).unwrap();
    assert!(database.starts_with(b"SQLite format 3"));
    for secret in secrets.iter().map(String::as_str).chain([CLIENT_SECRET]) {
        assert!(!log.iter().any(|line| line.contains(secret)), "log: {secret}");
        assert!(!holds(&audit, secret), "audit: {secret}");
        assert!(!holds(&operators, secret), "operators: {secret}");
        assert!(!holds(&database, secret), "database: {secret}");
        assert!(!answered.to_string().contains(secret), "answer: {secret}");
    }
}

fn bytes_below(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap();
    files
        .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
