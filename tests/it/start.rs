//! Starting: what is said, what is refused, and where the mistake is.

use std::path::Path;

use awc::http::StatusCode;
use serde_json::Value;

use crate::login::configuration;
use crate::server::{PLANNED_FOR_EVER, Project, program};

#[actix_rt::test]
async fn a_started_server_is_healthy_and_says_nothing_more() {
    let server = Project::new().start();
    let answer = server.get("/health").await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, br#"{"status":"ok"}"#.as_slice())
    );
    let head = server.request("HEAD", "/health", &[], Vec::new()).await;
    assert_eq!((head.status, head.body.as_slice()), (StatusCode::OK, &[][..]));
    assert_eq!(server.get("/anything").await.status, StatusCode::NOT_FOUND);
    assert!(
        server.folder().join("data/db-dev.duckdb").exists(),
        "the database is in the project's data folder"
    );
}

#[test]
fn a_crash_leaves_no_memory_of_the_process_on_the_disk() {
    let server = Project::new().start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let columns: Vec<_> = core.unwrap().split_whitespace().skip(4).collect();
    assert_eq!(columns, ["0", "0", "bytes"]);
}

#[test]
fn mistakes_in_the_configuration_are_reported_together_with_their_places() {
    let config = "mxcp: 1\ntransport:\n  http:\n    prot: 1\n    port: many\nprojects:\n  test:\n    profiles:\n      dev:\n        auth:\n          provider: github\n";
    let (status, said) = Project::new().user_config(config).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("config.yml:4:5: transport.http: unknown key \"prot\"; did you mean \"port\"?"),
        "{said}"
    );
    assert!(said.contains("config.yml:5:11: transport.http.port: "), "{said}");
    assert!(
        said.contains("GitHub OAuth configuration is incomplete"),
        "{said}"
    );
}

#[test]
fn a_definition_that_does_not_bind_stops_the_start_and_runs_nothing() {
    let (status, said) = Project::new()
        .tool("good", "SELECT 1 AS x", "")
        .tool("bad", "SELECT * FROM absent", "")
        .tool("two", "CREATE TABLE made AS SELECT 1; SELECT 1", "")
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("tools/bad.yml:") && said.contains("absent"),
        "{said}"
    );
    assert!(
        said.contains("tools/two.yml:") && said.contains("2 statements"),
        "{said}"
    );
}

#[test]
fn what_keeps_the_server_from_starting_is_told_to_programs() {
    let project = |config: &str| {
        let project = Project::new().user_config(config);
        let bad = project.tool("bad", "SELECT * FROM absent", "");
        bad.tool("good", "SELECT 1 AS x", "").written()
    };
    let told = |folder: &Path| {
        let output = program(folder)
            .args(["serve", "--json-output", "--port", "0"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(json["status"], "error");
        assert!(said.contains(json["error"].as_str().unwrap()), "{said}: {json}");
        json
    };
    let folder = project("mxcp: 1\n");
    let json = told(folder.path());
    assert_eq!(json["message"], "Found 1 endpoint(s) with errors");
    let [failed] = json["failed_endpoints"].as_array().unwrap().as_slice() else {
        panic!("{json}")
    };
    assert!(
        failed["path"].as_str().unwrap().ends_with("/tools/bad.yml"),
        "{failed}"
    );
    assert!(failed["error"].as_str().unwrap().contains("absent"), "{failed}");
    let folder = project("mxcp: 1\nprot: 1\n");
    let json = told(folder.path());
    assert!(
        json["error"].as_str().unwrap().contains("unknown key \"prot\""),
        "{json}"
    );
    assert_eq!(json.get("failed_endpoints"), None);
}

#[actix_rt::test]
async fn the_public_url_and_the_number_of_definitions_are_logged() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    server.get("/health").await;
    let before_listening = server.logged_before_listening().join("\n");
    assert!(
        before_listening.contains(&format!("public URL: {}", server.at(""))),
        "{before_listening}"
    );
    assert!(
        before_listening.contains("tools: 1, resources: 0, prompts: 0"),
        "{before_listening}"
    );
}

#[actix_rt::test]
async fn tokens_are_for_the_port_that_the_system_chose() {
    let config = configuration(&[("ada", "")]).replace("base_url: 'http://localhost:1'", "");
    let server = Project::new().user_config(&config).start();
    let metadata = server
        .request("GET", "/.well-known/oauth-protected-resource", &[], Vec::new())
        .await;
    assert_eq!(metadata.json()["resource"], server.at("/mcp"));
    assert!(!server.at("").ends_with(":0"));
}

/// What a check may take in these tests: long for a good one, also on a machine that does much else.
const CHECKS: &str = "mxcp: 1\nlimits: { check_timeout_ms: 3000 }\n";
const NOT_PLANNED: &str = "tools/slow.yml:7:7: tool.source.code: slow: the statement was not planned within 3000 ms (limits.check_timeout_ms)";

#[test]
fn a_definition_that_is_planned_for_too_long_stops_the_start() {
    let (status, said) = Project::new()
        .user_config(CHECKS)
        .tool("good", "SELECT 1 AS x", "")
        .tool("slow", PLANNED_FOR_EVER, "")
        .start_and_fail();
    assert_eq!(status.code(), Some(1), "{said}");
    assert_eq!(said.matches(NOT_PLANNED).count(), 1, "{said}");
}

#[actix_rt::test]
async fn ignoring_errors_leaves_out_what_is_planned_for_too_long() {
    let server = Project::new()
        .user_config(CHECKS)
        .tool("good", "SELECT 1 AS x", "")
        .tool("slow", PLANNED_FOR_EVER, "")
        .argument("--ignore-errors")
        .start();
    let log = server.logged_before_listening().join("\n");
    assert!(log.contains(&format!("left out: {NOT_PLANNED}")), "{log}");
    assert_eq!(server.call("good", serde_json::json!({})).await["isError"], false);
    assert_eq!(server.stop().0.code(), Some(0), "nobody waits for the statement");
}

#[actix_rt::test]
async fn ignoring_errors_serves_what_is_good_and_says_what_is_not() {
    let server = Project::new()
        .tool("good", "SELECT 1 AS x", "")
        .tool("bad", "SELECT * FROM absent", "")
        .argument("--ignore-errors")
        .start();
    let list = server.modern("tools/list", serde_json::json!({})).await.json();
    let names: Vec<&str> = list["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["good"]);
    let log = server.logged_before_listening().join("\n");
    assert!(
        log.contains("left out: tools/bad.yml:7:7: tool.source.code: Catalog Error: Table with name absent"),
        "{log}"
    );
}

#[test]
fn a_project_is_needed() {
    let (status, said) = Project::new().file("mxcp-site.yml", "").start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("mxcp-site.yml"), "{said}");
}

#[test]
fn a_transport_that_is_not_there_stops_the_start() {
    let (status, said) = Project::new()
        .argument("--transport")
        .argument("sse")
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert_eq!(
        said.lines().last(),
        Some("--transport: transport.provider: sse is not available yet; accepted: streamable-http, stdio")
    );
}

/// What is only found out after the files were read says where the setting stands, too.
#[test]
fn what_stops_the_start_says_where_its_setting_stands() {
    let user = |transport: &str, auth: &str| {
        Project::new().user_config(&format!(
            "mxcp: 1\ntransport:\n  {transport}\nprojects:\n  test:\n    profiles:\n      dev:\n        auth:\n          {auth}\n"
        ))
    };
    let oidc = "{client_id: a, client_secret: b, scope: openid, config_url: 'https://a.example/.well-known/openid-configuration'}";
    let site =
        "mxcp: 1\nproject: test\nprofile: dev\nprofiles:\n  dev:\n    duckdb:\n      init_file: absent.sql\n";
    for (project, expected) in [
        (
            user("provider: sse", "provider: none"),
            "config.yml:3:13: transport.provider: sse is not available yet; accepted: streamable-http, stdio",
        ),
        (
            user(
                "http: { host: 0.0.0.0 }",
                &format!("provider: oidc\n          mode: verifier\n          oidc: {oidc}"),
            ),
            "config.yml:10:17: auth.oidc.audience: whom tokens are for is not known",
        ),
        (
            Project::new().file("mxcp-site.yml", site),
            "mxcp-site.yml:7:18: duckdb.init_file: ",
        ),
    ] {
        let (status, said) = project.start_and_fail();
        assert_eq!(status.code(), Some(1));
        let last = said.lines().last().unwrap();
        assert!(last.contains(expected), "{said}");
    }
}

#[test]
fn a_folder_that_stops_the_start_is_named_with_its_setting() {
    for (settings, expected) in [
        (
            "paths:\n  data: taken\n",
            "mxcp-site.yml:5:9: paths.data: the folder ",
        ),
        (
            "paths:\n  data: taken\nprofiles:\n  dev:\n    duckdb:\n      path: taken/x.duckdb\n",
            "mxcp-site.yml:9:13: duckdb.path: the folder ",
        ),
        (
            "paths:\n  tools: taken\n",
            "mxcp-site.yml:5:10: paths.tools: taken cannot be read: Not a directory",
        ),
        (
            "paths:\n  audit: taken\n",
            "mxcp-site.yml:5:10: paths.audit: audit log: ",
        ),
        (
            "paths:\n  audit: x\nprofiles:\n  dev:\n    audit:\n      path: taken/logs.jsonl\n",
            "mxcp-site.yml:9:13: audit.path: audit log: ",
        ),
    ] {
        let (status, said) = Project::new()
            .file(
                "mxcp-site.yml",
                &format!("mxcp: 1\nproject: test\nprofile: dev\n{settings}"),
            )
            .file("taken", "no folder")
            .start_and_fail();
        assert_eq!(status.code(), Some(1), "{settings}");
        assert!(said.contains(expected), "{settings}: {said}");
    }
}

const PREPARED: &str =
    "mxcp: 1\nproject: test\nprofile: dev\nprofiles: { dev: { duckdb: { init_file: sql/schema.sql } } }\n";

#[actix_rt::test]
async fn a_file_of_statements_prepares_the_database_at_each_start() {
    let schema = "CREATE TABLE IF NOT EXISTS t (n INTEGER); -- made once; then there\nINSERT INTO t SELECT 7 WHERE NOT EXISTS (FROM t);\n";
    let server = Project::new()
        .file("mxcp-site.yml", PREPARED)
        .file("sql/schema.sql", schema)
        .tool("read", "SELECT n FROM t", "")
        .start();
    let result = server.call("read", serde_json::json!({})).await;
    assert_eq!(result["content"][0]["text"], "[{\"n\":7}]");
    let before_listening = server.logged_before_listening().join("\n");
    assert!(
        before_listening.contains("schema.sql: 2 statements prepared the database"),
        "{before_listening}"
    );
}

#[test]
fn statements_that_cannot_prepare_the_database_stop_the_start() {
    let project = |schema: &str| {
        Project::new()
            .file("mxcp-site.yml", PREPARED)
            .file("sql/schema.sql", schema)
    };
    for (schema, part) in [
        (
            "CREATE TABLE t (n INTEGER);\n\n-- one; more\nSELECT n,\n  m FROM t",
            "sql/schema.sql:4: statement 2: ",
        ),
        (
            "SELECT ';\n';\nCREATE TABLE FROM",
            "sql/schema.sql:3: Parser Error",
        ),
        (
            "SELECT 1;\nCOMMIT; SELECT 2",
            "sql/schema.sql:2: statement 2: the whole script is one transaction",
        ),
        ("SET memory_limit = '1TB'", "statement 1: "),
        ("FROM read_text('/etc/passwd')", "statement 1: "),
        ("CREATE MACRO get_username() AS 'root'", "get_username"),
    ] {
        let (status, said) = project(schema).start_and_fail();
        assert_eq!(status.code(), Some(1), "{schema}");
        assert!(said.contains(part), "{schema}: {said}");
    }
    let (status, said) = project("SELECT 1").argument("--readonly").start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("mxcp-site.yml:4:")
            && said.contains("init_file: cannot run on a database that is opened for reading only"),
        "{said}"
    );
    let (_, said) = Project::new().file("mxcp-site.yml", PREPARED).start_and_fail();
    assert!(
        said.contains("duckdb.init_file: ") && said.contains("sql/schema.sql"),
        "{said}"
    );
}
