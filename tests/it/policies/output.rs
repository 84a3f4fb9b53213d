//! Rules on results: what of them goes out, in both forms and both eras.

use serde_json::{Value, json};

use super::{project, refusal, rules, text};
use crate::login::Caller;
use crate::server::Project;

const SQL: &str = "SELECT 1 AS id, 'Grace' AS name, 9100 AS salary, '078' AS ssn,
  { 'street': 'Elm', 'town': 'York' } AS home, ['k1', 'k2'] AS keys";

const PERSON: &str = "{ type: object, required: [id, name, salary, ssn], properties: { id: { type: integer }, \
  name: { type: string }, salary: { type: integer }, ssn: { type: string, sensitive: true }, \
  home: { type: object, required: [street], properties: { street: { type: string, sensitive: true }, town: { type: string } } }, \
  keys: { type: array, items: { type: string, sensitive: true } } } }";

fn returning(returns: &str) -> String {
    format!("  return: {returns}\n")
}

/// Holds a result in both forms, and with that in both eras, against what must go out.
async fn sees(caller: &Caller<'_>, tool: &str, expected: &Value) {
    for result in [
        caller.call(tool, json!({})).await,
        caller.call_legacy(tool, json!({})).await,
    ] {
        assert_eq!(result["isError"], false, "{tool}: {result}");
        let told: Value = serde_json::from_str(text(&result)).unwrap();
        assert_eq!(told, *expected, "{tool}: {result}");
        let structured = &result["structuredContent"];
        let structured = if expected.is_object() {
            structured
        } else {
            &structured["result"]
        };
        assert_eq!(structured, expected, "{tool}: {result}");
    }
}

#[actix_rt::test]
async fn actions_hide_in_objects_and_lists_what_their_condition_says() {
    let mut project = project();
    let list = format!("{{ type: array, items: {PERSON} }}");
    for (tool, action) in [
        ("filter", "filter_fields, fields: [salary, name]"),
        ("mask", "mask_fields, fields: [salary, home]"),
        ("sensitive", "filter_sensitive_fields"),
    ] {
        let rules = rules(
            "output",
            &[&format!("condition: \"user.role != 'admin'\", action: {action}")],
        );
        project = project
            .tool(tool, SQL, &format!("{}{rules}", returning(PERSON)))
            .tool(
                &format!("{tool}_list"),
                SQL,
                &format!("{}{rules}", returning(&list)),
            );
    }
    let server = project.start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    let home = json!({ "street": "Elm", "town": "York" });
    let all =
        json!({ "id": 1, "name": "Grace", "salary": 9100, "ssn": "078", "home": home, "keys": ["k1", "k2"] });
    for (tool, hidden) in [
        (
            "filter",
            json!({ "id": 1, "ssn": "078", "home": home, "keys": ["k1", "k2"] }),
        ),
        (
            "mask",
            json!({ "id": 1, "name": "Grace", "salary": "****", "ssn": "078", "home": "****", "keys": ["k1", "k2"] }),
        ),
        (
            "sensitive",
            json!({ "id": 1, "name": "Grace", "salary": 9100, "home": { "town": "York" }, "keys": [null, null] }),
        ),
    ] {
        let list = format!("{tool}_list");
        sees(&ada, tool, &all).await;
        sees(&ada, &list, &json!([all])).await;
        sees(&bob, tool, &hidden).await;
        sees(&bob, &list, &json!([hidden])).await;
    }
}

#[actix_rt::test]
async fn rules_add_up_and_the_first_denial_ends() {
    let both = rules(
        "output",
        &[
            "condition: \"user.role == 'user'\", action: mask_fields, fields: [salary, ssn]",
            "condition: \"user.role == 'user'\", action: filter_fields, fields: [ssn]",
            "condition: \"user.role == 'admin'\", action: deny, reason: Not for administrators",
            "condition: \"true\", action: filter_fields, fields: [home, keys]",
            "condition: \"user.role == 'admin'\", action: deny, reason: Never told",
        ],
    );
    let server = project()
        .tool("both", SQL, &format!("{}{both}", returning(PERSON)))
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    sees(
        &bob,
        "both",
        &json!({ "id": 1, "name": "Grace", "salary": "****" }),
    )
    .await;
    let denied = "Output policy enforcement failed: Not for administrators";
    assert_eq!(refusal(&ada.call("both", json!({})).await, "both"), denied);
}

#[actix_rt::test]
async fn rules_that_look_at_the_response_see_all_of_it() {
    let sql = "SELECT range AS id, 'x' || range AS name, range * 10 AS total FROM range($rows)";
    let parameter = "  parameters: [{ name: rows, type: integer, description: How many. }]\n";
    let rules = rules(
        "output",
        &[
            "condition: \"size(response) > 2000\", action: deny, reason: Too many rows",
            "condition: \"true\", action: filter_fields, fields: [total]",
            "condition: \"response.exists(row, row.total > 15)\", action: mask_fields, fields: [name]",
        ],
    );
    let server = Project::new()
        .tool("rows", sql, &format!("{parameter}{rules}"))
        .start();
    let rows = async |rows: u32| server.call("rows", json!({ "rows": rows })).await;
    assert_eq!(
        text(&rows(2).await),
        r#"[{"id":0,"name":"x0"},{"id":1,"name":"x1"}]"#
    );
    assert_eq!(
        text(&rows(3).await),
        r#"[{"id":0,"name":"****"},{"id":1,"name":"****"},{"id":2,"name":"****"}]"#
    );
    let large = rows(2000).await;
    assert!(text(&large).len() > 16 * 1024 && text(&large).ends_with(r#"{"id":1999,"name":"****"}]"#));
    assert_eq!(
        refusal(&rows(2001).await, "rows"),
        "Output policy enforcement failed: Too many rows"
    );
}

#[actix_rt::test]
async fn results_without_fields_keep_their_value() {
    let mask = rules(
        "output",
        &["condition: \"true\", action: mask_fields, fields: [name]"],
    );
    let sensitive = rules(
        "output",
        &["condition: \"true\", action: filter_sensitive_fields"],
    );
    let sql = "SELECT 'x' AS name";
    let server = Project::new()
        .tool("one", sql, &format!("{}{mask}", returning("{ type: string }")))
        .tool(
            "many",
            sql,
            &format!("{}{mask}", returning("{ type: array, items: { type: string } }")),
        )
        .tool(
            "hidden",
            sql,
            &format!("{}{sensitive}", returning("{ type: string, sensitive: true }")),
        )
        .tool(
            "hidden_many",
            sql,
            &format!(
                "{}{sensitive}",
                returning("{ type: array, items: { type: string, sensitive: true } }")
            ),
        )
        .tool(
            "hidden_row",
            sql,
            &format!("{}{sensitive}", returning("{ type: object, sensitive: true }")),
        )
        .start();
    for (tool, result) in [
        ("one", json!("x")),
        ("many", json!(["x"])),
        ("hidden", json!(null)),
        ("hidden_many", json!([null])),
        ("hidden_row", json!(null)),
    ] {
        let answer = server.call(tool, json!({})).await;
        assert_eq!(
            answer["structuredContent"],
            json!({ "result": result }),
            "{answer}"
        );
    }
}

#[actix_rt::test]
async fn what_may_be_hidden_is_not_promised_by_the_schema() {
    let rules = rules(
        "output",
        &[
            "condition: \"user.role != 'admin'\", action: mask_fields, fields: [salary]",
            "condition: \"user.role != 'admin'\", action: filter_fields, fields: [name]",
            "condition: \"user.role != 'admin'\", action: filter_sensitive_fields",
        ],
    );
    let server = Project::new()
        .tool("person", SQL, &format!("{}{rules}", returning(PERSON)))
        .start();
    let list = server.modern("tools/list", json!({})).await.json();
    let schema = &list["result"]["tools"][0]["outputSchema"];
    assert_eq!(schema["required"], json!(["id", "salary"]), "{schema}");
    assert_eq!(schema["properties"]["salary"], json!({}));
    assert!(schema["properties"]["home"].get("required").is_none(), "{schema}");
    let answer = server.call("person", json!({})).await;
    assert_eq!(
        answer["structuredContent"],
        json!({ "id": 1, "salary": "****", "home": { "town": "York" }, "keys": [null, null] })
    );
}

#[actix_rt::test]
async fn an_error_of_the_query_does_not_tell_what_is_hidden() {
    let sql = "SELECT 1 AS id, CAST('canary-' || range AS INTEGER) AS ssn FROM range(3)";
    let hide = "condition: \"user.role != 'admin'\", action: mask_fields, fields: [ssn]";
    let look = "condition: \"size(response) > 9\", action: mask_fields, fields: [ssn]";
    let server = project()
        .tool("plain", sql, "")
        .tool("hide", sql, &rules("output", &[hide]))
        .tool("look", sql, &rules("output", &[look]))
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    let withheld = "the query failed; the reason is withheld because policies hide parts of the result";
    assert!(text(&bob.call("plain", json!({})).await).contains("canary-"));
    assert!(text(&ada.call("hide", json!({})).await).contains("canary-"));
    assert_eq!(refusal(&bob.call("hide", json!({})).await, "hide"), withheld);
    assert_eq!(refusal(&ada.call("look", json!({})).await, "look"), withheld);
}
