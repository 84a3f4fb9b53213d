//! Every call leaves a record: those that succeed, those that fail, and those that nobody waited for.

use std::fs;
use std::path::Path;

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::login::{CLIENT, Caller, configuration};
use crate::server::{Project, Server};

/// All records below a folder, oldest first. A line without its end is one that a running server is just writing.
pub(crate) fn records(folder: &Path) -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let segments = files
        .iter()
        .filter(|path| !path.to_string_lossy().ends_with("_schemas.jsonl"));
    let text: String = segments.map(|path| fs::read_to_string(path).unwrap()).collect();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Fails unless the first call was abandoned because its client went away. A query that goes on until the stop interrupts
/// it is recorded with that reason.
pub(crate) fn assert_abandoned(server: Server) {
    let (_, folder) = server.stop();
    let record = records(&folder.path().join("audit")).remove(0);
    assert_eq!(
        record["error"], "the client went away before the answer",
        "{record}"
    );
}

const SECRETIVE: &str = "  parameters:
    - { name: who, type: string, description: Whom. }
    - { name: password, type: string, description: A secret., sensitive: true, default: none }
  return:
    type: object
    properties:
      who: { type: string }
      key: { type: string, sensitive: true }
";

#[actix_rt::test]
async fn calls_are_recorded_with_what_they_did_and_without_what_is_sensitive() {
    let server = Project::new()
        .tool("look", "SELECT $who AS who, 'k-' || $password AS key", SECRETIVE)
        .tool("fail", "SELECT error('no such thing') AS x", "")
        .start();
    server
        .call("look", json!({ "who": "ada", "password": "canary-1" }))
        .await;
    server
        .call("look", json!({ "who": "ada", "pasword": "canary-2" }))
        .await;
    server.call("fail", json!({})).await;
    let (status, folder) = server.stop();
    assert_eq!(status.code(), Some(0));
    let records = records(&folder.path().join("audit"));
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record["operation_name"].as_str().unwrap(),
                record["operation_status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("look", "success"), ("look", "error"), ("fail", "error")]);
    let [good, misspelt, failed] = records.as_slice() else {
        panic!("{records:#?}")
    };
    assert_eq!(
        good["input_data"],
        json!({ "who": "ada", "password": "[REDACTED]" })
    );
    assert_eq!(good["output_data"], json!({ "who": "ada", "key": "[REDACTED]" }));
    assert_eq!(
        (&good["operation_type"], &good["caller_type"]),
        (&json!("tool"), &json!("http"))
    );
    assert!(
        good["request_id"].is_string() && good["ran_ms"].is_u64() && good["waited_ms"].is_u64(),
        "{good}"
    );
    assert_eq!(misspelt["input_data"]["pasword"], "[REDACTED]");
    assert!(
        failed["error"].as_str().unwrap().contains("no such thing"),
        "{failed}"
    );
    let everything = fs::read_dir(folder.path().join("audit")).unwrap();
    for file in everything.map(|entry| entry.unwrap().path()) {
        assert!(
            !fs::read_to_string(&file).unwrap().contains("canary"),
            "{}",
            file.display()
        );
    }
}

#[actix_rt::test]
async fn calls_of_a_legacy_session_are_recorded_with_its_name_and_not_with_its_identifier() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let session = server.open_session().await;
    let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "one" } });
    server.legacy(Some(&session), &call).await.json();
    server.call("one", json!({})).await;
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let digest = ring::digest::digest(&ring::digest::SHA256, session.as_bytes());
    let half: [u8; 16] = digest.as_ref()[..16].try_into().unwrap();
    let name = format!("{:032x}", u128::from_be_bytes(half));
    let sessions: Vec<_> = records.iter().map(|record| &record["session_id"]).collect();
    assert_eq!(sessions, [&json!(name), &Value::Null], "{records:#?}");
    let written = json!(records).to_string();
    assert!(!written.contains(&session), "{written}");
}

#[actix_rt::test]
async fn the_audit_can_be_switched_off() {
    let site = "mxcp: 1\nproject: test\nprofile: dev\nprofiles: { dev: { audit: { enabled: false } } }\n";
    let server = Project::new()
        .file("mxcp-site.yml", site)
        .tool("one", "SELECT 1 AS x", "")
        .start();
    server.call("one", json!({})).await;
    let (_, folder) = server.stop();
    assert!(!folder.path().join("audit").exists());
}

const NOTE: &str = "mxcp: 1
resource:
  uri: notes://{id}
  parameters: [{ name: id, type: string, description: Which., sensitive: true }]
  return: { type: object }
  source: { code: \"SELECT $id AS id WHERE $id <> 'canary-gone'\" }
";

const PROMPT: &str = "mxcp: 1
prompt:
  name: greet
  parameters: [{ name: who, type: string, description: Whom. }]
  messages: [{ prompt: 'Greet {{ who }}.' }]
";

#[actix_rt::test]
async fn resources_and_prompts_are_recorded_as_tools_are() {
    let server = Project::new()
        .file("resources/note.yml", NOTE)
        .file("prompts/greet.yml", PROMPT)
        .start();
    for (method, params) in [
        ("resources/read", json!({ "uri": "notes://canary-1" })),
        ("resources/read", json!({ "uri": "notes://canary-gone" })),
        (
            "prompts/get",
            json!({ "name": "greet", "arguments": { "who": "ada" } }),
        ),
        ("prompts/get", json!({ "name": "greet" })),
    ] {
        server.modern(method, params).await;
    }
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let told: Vec<Value> = records
        .iter()
        .map(|record| {
            let member = |name: &str| record[name].clone();
            json!([
                member("operation_type"),
                member("operation_name"),
                member("operation_status"),
                member("input_data"),
                member("error")
            ])
        })
        .collect();
    let redacted = json!({ "id": "[REDACTED]" });
    assert_eq!(
        told,
        [
            json!(["resource", "notes://{id}", "success", redacted, null]),
            json!([
                "resource",
                "notes://{id}",
                "error",
                redacted,
                "No results returned"
            ]),
            json!(["prompt", "greet", "success", { "who": "ada" }, null]),
            json!(["prompt", "greet", "error", {}, "Required parameter missing: who"]),
        ]
    );
    assert_eq!(
        records[2]["output_data"],
        json!([{ "prompt": "Greet ada.", "role": "user", "type": "text" }])
    );
}

const PIN: &str = "  parameters: [{ name: pin, type: string, description: A secret., sensitive: true }]\n";

#[actix_rt::test]
async fn who_called_is_in_the_record_and_in_the_log_and_what_is_sensitive_is_in_neither() {
    let users = configuration(&[("ada", "name: Ada Lovelace, email: ada@example.com")]);
    let server = Project::new()
        .tool("look", "SELECT length($pin) AS n", PIN)
        .tool("fail", "SELECT error('no pin ' || $pin) AS n", PIN)
        .user_config(&users)
        .argument("--debug")
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    for tool in ["look", "fail"] {
        ada.call(tool, json!({ "pin": "canary-pin" })).await;
    }
    server.signal("TERM");
    let log = server.wait_for_log("] stopped");
    let (_, folder) = server.wait();
    let records = records(&folder.path().join("audit"));
    let user = [
        ("user_id", "ada"),
        ("user_name", "ada"),
        ("user_provider", "local"),
        ("user_display_name", "Ada Lovelace"),
        ("user_email", "ada@example.com"),
    ];
    for tool in ["look", "fail"] {
        let record = records
            .iter()
            .find(|record| record["operation_name"] == tool)
            .unwrap();
        let call = format!("call tool={tool}");
        let line = log.iter().find(|line| line.contains(&call)).unwrap();
        for (member, value) in user {
            assert_eq!(record[member], value, "{member} in {record}");
            assert!(line.contains(value), "{value} in {line}");
        }
        assert!(!record.to_string().contains("canary"), "{record}");
    }
    assert!(!log.iter().any(|line| line.contains("canary")), "{log:#?}");
}

#[actix_rt::test]
async fn a_record_has_the_arguments_that_defaults_stood_in_for() {
    let parameters = "  parameters:\n    - { name: a, type: integer, default: 5, description: a }\n    - { name: s, type: string, default: canary, sensitive: true, description: s }\n";
    let server = Project::new()
        .tool("defaulted", "SELECT $a AS a, $s AS s", parameters)
        .start();
    server.call("defaulted", json!({})).await;
    server.call("defaulted", json!({ "a": 6 })).await;
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let inputs: Vec<_> = records.iter().map(|record| &record["input_data"]).collect();
    assert_eq!(
        inputs,
        [
            &json!({ "a": 5, "s": "[REDACTED]" }),
            &json!({ "a": 6, "s": "[REDACTED]" })
        ]
    );
    assert!(!records.iter().any(|record| record.to_string().contains("canary")));
}

#[actix_rt::test]
async fn what_is_asked_for_and_not_offered_is_recorded_by_its_name_alone() {
    let users = configuration(&[("ada", "")]);
    let server = Project::new()
        .tool("look", "SELECT length($pin) AS n", PIN)
        .user_config(&users)
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let long = "n".repeat(300);
    let arguments = json!({ "pin": "canary-pin" });
    ada.ask("tools/call", json!({ "name": "lok", "arguments": arguments }))
        .await;
    ada.answer_legacy(&long, arguments.clone()).await;
    ada.ask("resources/read", json!({ "uri": "nots://mine" })).await;
    ada.ask("prompts/get", json!({ "name": "gret", "arguments": arguments }))
        .await;
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let calls = records.iter().filter(|record| record["operation_type"] != "auth");
    let members = [
        "operation_type",
        "operation_name",
        "operation_status",
        "error",
        "user_id",
        "input_data",
    ];
    let told: Vec<Value> = calls
        .map(|record| members.map(|member| record[member].clone()).into())
        .collect();
    let cut = format!("{} [256 of 300 characters]", &long[..256]);
    assert_eq!(
        told,
        [
            json!(["tool", "lok", "error", "Unknown tool", "ada", {}]),
            json!(["tool", cut, "error", "Unknown tool", "ada", {}]),
            json!(["resource", "nots://mine", "error", "Unknown resource", "ada", {}]),
            json!(["prompt", "gret", "error", "Unknown prompt", "ada", {}]),
        ]
    );
    assert!(!json!(records).to_string().contains("canary"));
}

/// A limit on requests without a good token, of so many a minute.
fn limited(users: &str, per_minute: u32) -> String {
    let limits = format!("rate_limits: {{ unauthenticated: {per_minute} }}, base_url");
    users.replacen("base_url", &limits, 1)
}

#[actix_rt::test]
async fn a_session_of_another_user_is_recorded_within_bounds_and_does_not_exist() {
    let users = configuration(&[("ada", ""), ("bob", "")]);
    let server = Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config(&limited(&users, 3))
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    let session = ada.open_session().await;
    let absent = "0".repeat(64);
    for session in [&session, &session, &absent] {
        for method in ["POST", "DELETE", "POST"] {
            let refused = bob.ping(method, session).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{method} {session}");
        }
    }
    assert_eq!(ada.ping("POST", &session).await.status, StatusCode::OK);
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let denied: Vec<_> = records
        .iter()
        .filter(|record| record["policy_decision"] == "deny")
        .collect();
    assert_eq!(denied.len(), 3, "{records:#?}");
    let digest = ring::digest::digest(&ring::digest::SHA256, session.as_bytes());
    let half: [u8; 16] = digest.as_ref()[..16].try_into().unwrap();
    let name = format!("{:032x}", u128::from_be_bytes(half));
    for (member, value) in [
        ("operation_name", "request_refused"),
        ("error", "the MCP session belongs to another user"),
        ("user_id", "bob"),
        ("client_id", CLIENT),
        ("session_id", &name),
    ] {
        assert!(
            denied.iter().all(|record| record[member] == value),
            "{member}: {denied:#?}"
        );
    }
    assert!(!json!(records).to_string().contains(&session));
}
