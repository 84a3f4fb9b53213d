//! The server's own log: which request a line belongs to, and where lines go.

use std::fs;

use serde_json::json;

use crate::audit::records;
use crate::login;
use crate::server::{Project, modern_request};

#[actix_rt::test]
async fn a_request_has_one_name_in_its_answer_its_log_lines_and_its_record() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let (headers, body) = modern_request("tools/call", json!({ "name": "one" }));
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    headers.push(("X-Request-Id", "proxy-4711"));
    let answer = server.send("POST", &headers, body).await;
    assert_eq!(answer.header("x-request-id"), Some("proxy-4711"));
    let lines = server.wait_for_log("call tool=one");
    assert!(
        lines.last().unwrap().ends_with(" request=proxy-4711"),
        "{lines:#?}"
    );
    let session = server.open_session().await;
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "one" } });
    let answer = server.legacy(Some(&session), &call).await;
    let name = answer.header("x-request-id").unwrap().to_owned();
    let lines = server.wait_for_log("call tool=one");
    assert!(
        lines.last().unwrap().ends_with(&format!(" request={name}")),
        "{lines:#?}"
    );
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let names: Vec<_> = records
        .iter()
        .map(|record| record["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["proxy-4711", name.as_str()]);
}

#[actix_rt::test]
async fn a_request_of_a_login_has_the_same_name_in_its_answer_and_in_the_audit_log() {
    let server = Project::new()
        .user_config(&login::configuration(&[("ada", "")]))
        .start();
    let wrong = b"grant_type=refresh_token&client_id=nobody&refresh_token=x".to_vec();
    let answer = server.request("POST", "/token", login::FORM, wrong).await;
    let name = answer.header("x-request-id").unwrap().to_owned();
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let names: Vec<_> = records.iter().map(|record| &record["request_id"]).collect();
    assert_eq!(names, [&json!(name)]);
}

#[actix_rt::test]
async fn the_log_goes_to_a_file_as_well_at_the_level_that_is_configured() {
    let config = "mxcp: 1\nlogging: { path: logs/server.log, level: INFO }\n";
    let server = Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config(config)
        .start();
    server.call("one", json!({})).await;
    let (_, folder) = server.stop();
    let log = fs::read_to_string(folder.path().join("logs/server.log")).unwrap();
    assert!(
        log.contains("INFO ] listening on http://") && log.contains("call tool=one"),
        "{log}"
    );
    assert!(log.ends_with("INFO ] stopped\n"), "{log}");
}

/// Some hundred lines are all that a pipe holds.
#[actix_rt::test]
async fn a_log_that_nobody_reads_holds_up_neither_calls_nor_the_stop() {
    let server = Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .leaves_log_unread()
        .start();
    for _ in 0..1_000 {
        let result = server.call("one", json!({})).await;
        assert_eq!(result["content"][0]["text"], "[{\"x\":1}]");
    }
    let (status, _folder) = server.stop();
    assert!(status.success());
}

#[test]
fn a_log_file_that_cannot_be_written_stops_the_start_and_is_named() {
    let config = "mxcp: 1\nlogging: { path: mxcp-site.yml/server.log }\n";
    let (status, said) = Project::new().user_config(config).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("logging.path: ") && said.contains("mxcp-site.yml/server.log"),
        "{said}"
    );
}

#[actix_rt::test]
async fn settings_without_effect_are_named_at_start() {
    let config = "mxcp: 1\nprojects: { test: { profiles: { dev: { telemetry: { enabled: true },\n  \
        secrets: [{ name: lake, type: s3, parameters: { SECRET: canary } }],\n  \
        plugin: { config: { crm: { key: canary } } } } } } }\n";
    let site = "mxcp: 1\nproject: test\nprofile: dev\nextensions: [icu]\nsecrets: [lake]\n";
    let server = Project::new()
        .file("mxcp-site.yml", site)
        .user_config(config)
        .start();
    let said = server.logged_before_listening().join("\n");
    for told in [
        "config.yml:2:62: telemetry.enabled: nothing is exported",
        "mxcp-site.yml:4:13: extensions: nothing of it reaches DuckDB",
        "mxcp-site.yml:5:10: secrets: nothing of it reaches DuckDB",
        "config.yml:3:12: projects.test.profiles.dev.secrets: nothing of it reaches DuckDB",
        "config.yml:4:11: projects.test.profiles.dev.plugin: nothing of it reaches DuckDB",
    ] {
        let is_told = |line: &str| line.contains("WARN ] ") && line.contains(told);
        assert!(said.lines().any(is_told), "{said}");
    }
    assert!(!said.contains("canary"), "{said}");
}
