//! Rules before a call: who may call, with which arguments.

use serde_json::json;

use super::{refusal, rules, telling, telling_nobody, text};
use crate::login::Caller;
use crate::server::Project;

#[actix_rt::test]
async fn every_field_of_the_user_decides() {
    let conditions = [
        ("role", "user.role != 'admin'"),
        ("permission", "!('salary.read' in user.permissions)"),
        ("group", "!user.groups.exists(group, group in ['hr', 'finance'])"),
        (
            "email",
            "user.email == null || !user.email.endsWith('@example.com')",
        ),
        ("name", "user.name != 'Ada'"),
        ("login", "user.username != 'ada' || user.id != user.user_id"),
        ("provider", "user.provider != 'local' || user.id != 'ada'"),
    ];
    let mut project = telling();
    for (name, condition) in conditions {
        let rule = format!("condition: \"{condition}\", action: deny, reason: Not by {name}");
        project = project.tool(name, "SELECT 1 AS x", &rules("input", &[&rule]));
    }
    let server = project.start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    for (name, _) in conditions {
        assert_eq!(text(&ada.call(name, json!({})).await), "[{\"x\":1}]", "{name}");
        let denied = format!("Policy enforcement failed: Not by {name}");
        assert_eq!(refusal(&bob.call(name, json!({})).await, name), denied);
        assert_eq!(refusal(&bob.call_legacy(name, json!({})).await, name), denied);
    }
}

#[actix_rt::test]
async fn nobody_has_the_role_anonymous_and_nothing_else() {
    let nobody = "user.role == 'anonymous' && user.permissions == [] && user.groups == [] && user.capabilities == [] \
                  && user.id == null && user.username == null && user.email == null && user.name == null \
                  && !has(user.provider)";
    let rule = format!("condition: \"!({nobody})\", action: deny");
    let server = telling_nobody()
        .tool("open", "SELECT 1 AS x", &rules("input", &[&rule]))
        .tool(
            "closed",
            "SELECT 1 AS x",
            &rules(
                "input",
                &["condition: \"user.role == 'anonymous'\", action: deny"],
            ),
        )
        .start();
    let nobody = Caller::nobody(&server);
    assert_eq!(text(&nobody.call("open", json!({})).await), "[{\"x\":1}]");
    let denied = "Policy enforcement failed: Access denied by policy";
    assert_eq!(refusal(&nobody.call("closed", json!({})).await, "closed"), denied);
    assert_eq!(
        refusal(&nobody.call_legacy("closed", json!({})).await, "closed"),
        denied
    );
}

const PARAMETERS: &str = "  parameters:
    - { name: amount, type: number, description: How much. }
    - { name: day, type: string, format: date, description: When., default: '2024-02-29' }
    - { name: note, type: string, description: A remark., default: null }
    - name: target
      type: object
      description: Whither.
      default: {}
      properties: { region: { type: string }, tags: { type: array, items: { type: string } } }
";

#[actix_rt::test]
async fn arguments_are_seen_after_conversion_and_objects_do_not_switch_rules_off() {
    let rules = rules(
        "input",
        &[
            "condition: \"amount > 100.5\", action: deny, reason: Too much",
            "condition: \"day == '2024-03-01'\", action: deny, reason: Not on that day",
            "condition: \"note != null && note.contains('secret')\", action: deny, reason: Not with that remark",
            "condition: \"has(target.region) && target.region == 'EU' && 'vip' in target.tags\", action: deny, reason: Not there",
        ],
    );
    let sql = "SELECT $amount AS amount, $day AS day, $note AS note, $target AS target";
    let server = Project::new()
        .tool("send", sql, &format!("{PARAMETERS}{rules}"))
        .start();
    for (arguments, reason) in [
        (json!({ "amount": 101 }), "Too much"),
        (json!({ "amount": "100.6" }), "Too much"),
        (json!({ "amount": 1, "day": "2024-3-1" }), "Not on that day"),
        (json!({ "amount": 1, "note": "a secret" }), "Not with that remark"),
        (
            json!({ "amount": 1, "target": { "region": "EU", "tags": ["vip"] } }),
            "Not there",
        ),
        (json!({ "amount": 500, "note": "secret" }), "Too much"),
    ] {
        let result = server.call("send", arguments.clone()).await;
        assert_eq!(
            refusal(&result, "send"),
            format!("Policy enforcement failed: {reason}"),
            "{arguments}"
        );
    }
    let good = json!({ "amount": 100, "target": { "region": "US", "tags": ["vip"] } });
    assert_eq!(server.call("send", good).await["isError"], false);
    let wrong = server.call("send", json!({ "amount": "much" })).await;
    assert!(
        !text(&wrong).contains("Policy"),
        "arguments are checked first: {wrong}"
    );
}

#[actix_rt::test]
async fn what_cannot_be_evaluated_denies_and_tells_the_caller_nothing() {
    let server = telling()
        .tool(
            "mail",
            "SELECT 1 AS x",
            &rules(
                "input",
                &["condition: \"!user.email.endsWith('@example.com')\", action: deny, reason: Ours only"],
            ),
        )
        .tool(
            "mask",
            "SELECT 1 AS x",
            &rules(
                "output",
                &["condition: \"user.email.endsWith('@example.org')\", action: mask_fields, fields: [x], reason: Hush"],
            ),
        )
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    assert_eq!(text(&ada.call("mail", json!({})).await), "[{\"x\":1}]");
    assert_eq!(text(&ada.call("mask", json!({})).await), "[{\"x\":1}]");
    assert_eq!(
        refusal(&bob.call("mail", json!({})).await, "mail"),
        "Policy enforcement failed: Ours only"
    );
    assert_eq!(
        refusal(&bob.call("mask", json!({})).await, "mask"),
        "Output policy enforcement failed: Output blocked by policy"
    );
}
