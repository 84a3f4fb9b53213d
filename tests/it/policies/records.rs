//! What the audit log says about policies, and what it never holds.

use std::fs;

use serde_json::{Value, json};

use super::{project, rules};
use crate::audit::records;
use crate::login::Caller;

/// The members of a record that policies are about.
fn told(record: &Value) -> Value {
    let members = [
        "operation_status",
        "policy_decision",
        "policy_reason",
        "policies_evaluated",
        "output_data",
        "error",
    ];
    members.iter().map(|name| record[*name].clone()).collect()
}

const ADMINS: &str = "condition: \"user.role != 'admin'\", action: deny, reason: Admins only";
const OURS: &str = "condition: \"!user.email.endsWith('@example.com')\", action: deny, reason: Ours only";
const MASK: &str = "condition: \"user.role != 'admin'\", action: mask_fields, fields: [pay]";

#[actix_rt::test]
async fn a_record_says_which_rules_were_asked_and_which_denied() {
    let server = project()
        .tool("open", "SELECT 1 AS x", "")
        .tool(
            "admins",
            "SELECT 1 AS x",
            &rules("input", &["condition: \"false\", action: deny", ADMINS, OURS]),
        )
        .tool("ours", "SELECT 1 AS x", &rules("output", &[OURS]))
        .tool("mask", "SELECT 'canary-1' AS pay", &rules("output", &[MASK]))
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    bob.call("open", json!({})).await;
    bob.call("admins", json!({})).await;
    ada.call("admins", json!({})).await;
    bob.call("ours", json!({})).await;
    bob.call("mask", json!({})).await;
    let (_, folder) = server.stop();
    let records: Vec<Value> = records(&folder.path().join("audit"))
        .into_iter()
        .filter(|record| record["operation_type"] == "tool")
        .collect();
    let [open, denied, allowed, failed, masked] = records.as_slice() else {
        panic!("{records:#?}")
    };
    assert_eq!(told(open), json!(["success", null, null, [], [{ "x": 1 }], null]));
    let (first, admins) = ("input[0]: false", "input[1]: user.role != 'admin'");
    assert_eq!(
        told(denied),
        json!([
            "error",
            "deny",
            "Admins only",
            [first, admins],
            null,
            "Policy enforcement failed: Admins only"
        ])
    );
    assert!(denied["ran_ms"].is_null(), "nothing ran: {denied}");
    assert_eq!(
        (
            &denied["user_name"],
            &denied["business_context"]["policy_decision"]
        ),
        (&json!("bob"), &json!("deny"))
    );
    let ours = "!user.email.endsWith('@example.com')";
    assert_eq!(
        told(allowed),
        json!(["success", "allow", null, [first, admins, format!("input[2]: {ours}")], [{ "x": 1 }], null])
    );
    let reason = failed["policy_reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Ours only (the condition cannot be evaluated: endsWith does not take (null"),
        "{reason}"
    );
    assert_eq!(
        (&failed["policy_decision"], &failed["error"]),
        (
            &json!("deny"),
            &json!("Output policy enforcement failed: Ours only")
        )
    );
    assert!(failed["ran_ms"].is_null(), "decided before the query: {failed}");
    let modified = "Output modified by mask_fields";
    assert_eq!(
        told(masked),
        json!(["success", "warn", modified, ["output[0]: user.role != 'admin'"], [{ "pay": "****" }], null])
    );
}

#[actix_rt::test]
async fn what_is_hidden_reaches_neither_the_answer_nor_the_audit_log() {
    let row = "{ type: object, properties: { id: { type: integer }, key: { type: object, properties: { pin: { type: string, sensitive: true } } } } }";
    let nested = format!("  return: {{ type: array, items: {row} }}\n");
    let sql = "SELECT 7 AS id, { 'pin': 'canary-pin' } AS key";
    let tools = [
        (
            "masked",
            rules(
                "output",
                &["condition: \"true\", action: mask_fields, fields: [key]"],
            ),
        ),
        (
            "filtered",
            rules(
                "output",
                &["condition: \"response[0].id == 7\", action: filter_fields, fields: [key]"],
            ),
        ),
        (
            "sensitive",
            format!(
                "{nested}{}",
                rules(
                    "output",
                    &["condition: \"true\", action: filter_sensitive_fields"]
                )
            ),
        ),
        (
            "denied",
            rules(
                "output",
                &["condition: \"response[0].key.pin != ''\", action: deny"],
            ),
        ),
        (
            "failing",
            rules(
                "output",
                &["condition: \"response[0].key.pin > 1\", action: mask_fields, fields: [key]"],
            ),
        ),
    ];
    let mut project = project();
    for (name, lines) in &tools {
        project = project.tool(name, sql, lines);
    }
    let server = project
        .tool("broken", "SELECT error('canary-error') AS key", &tools[0].1)
        .start();
    let bob = Caller::log_in(&server, "bob").await;
    for name in ["masked", "filtered", "sensitive", "denied", "failing", "broken"] {
        let answer = bob.call(name, json!({})).await.to_string();
        assert!(!answer.contains("canary"), "{name}: {answer}");
    }
    let (_, folder) = server.stop();
    let mut records = 0;
    for file in fs::read_dir(folder.path().join("audit")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        records += text.matches("\"operation_type\":\"tool\"").count();
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(records >= 6, "{records}");
}
