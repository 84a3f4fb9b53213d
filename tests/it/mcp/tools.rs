//! Tools declared in YAML over SQL.

use serde_json::{Value, json};

use crate::server::Project;

const GREETING: &str = "  parameters:
    - name: name
      type: string
      description: Whom to greet.
      minLength: 2
    - name: times
      type: integer
      default: 1
      minimum: 1
      maximum: 3
  return:
    type: object
    properties:
      text: { type: string }
";

#[actix_rt::test]
async fn a_tool_is_listed_with_its_schemas_and_called_with_its_arguments() {
    let server = Project::new()
        .tool("greet", "SELECT repeat('hi ', $times) || $name AS text", GREETING)
        .start();
    let list = server.modern("tools/list", json!({})).await.json()["result"].clone();
    let tool = &list["tools"][0];
    assert_eq!(
        (&tool["name"], &tool["description"]),
        (&json!("greet"), &json!("A test tool."))
    );
    assert_eq!(tool["inputSchema"]["required"], json!(["name"]));
    assert_eq!(tool["inputSchema"]["properties"]["times"]["maximum"], 3);
    assert_eq!(tool["outputSchema"]["type"], "object");
    let result = server.call("greet", json!({ "name": "Ada", "times": 2 })).await;
    assert_eq!(result["structuredContent"], json!({ "text": "hi hi Ada" }));
    assert_eq!(
        result["content"],
        json!([{ "type": "text", "text": "{\"text\":\"hi hi Ada\"}" }])
    );
    assert_eq!(result["isError"], false);
    let default = server.call("greet", json!({ "name": "Bob" })).await;
    assert_eq!(default["structuredContent"], json!({ "text": "hi Bob" }));
}

#[actix_rt::test]
async fn wrong_arguments_are_told_one_by_one_and_nothing_runs() {
    let server = Project::new()
        .tool("greet", "SELECT repeat('hi ', $times) || $name AS text", GREETING)
        .start();
    let result = server.call("greet", json!({ "times": 9, "nmae": "Ada" })).await;
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Error executing tool greet: "), "{text}");
    for part in [
        "Required parameter missing: name",
        "Unknown parameter: nmae",
        "times",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[actix_rt::test]
async fn an_error_in_sql_is_a_result_that_the_model_can_read() {
    let server = Project::new()
        .tool("fail", "SELECT error('no such customer') AS x", "")
        .start();
    let result = server.call("fail", json!({})).await;
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("no such customer"), "{text}");
}

#[actix_rt::test]
async fn limits_of_a_tool_end_its_calls_with_their_name_and_value() {
    let server = Project::new()
        .tool(
            "rows",
            "SELECT range AS n FROM range(100)",
            "  limits: { max_rows: 99 }\n",
        )
        .tool(
            "slow",
            "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3",
            "  limits: { query_timeout_ms: 50 }\n",
        )
        .start();
    for (tool, part) in [
        ("rows", "99 rows (max_rows)"),
        ("slow", "50 ms (query_timeout_ms)"),
    ] {
        let result = server.call(tool, json!({})).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && text.contains(part), "{tool}: {text}");
    }
}

#[actix_rt::test]
async fn the_text_is_the_value_itself_and_what_is_no_object_is_wrapped_in_the_structure() {
    let returns = |of: &str| format!("  return: {{ type: {of} }}\n");
    let rows = "SELECT n AS id FROM range(1, 3) AS r(n)";
    let server = Project::new()
        .tool("rows", rows, &returns("array"))
        .tool("none", "SELECT 1 AS id WHERE false", &returns("array"))
        .tool("row", "SELECT 1 AS id, 'Ada' AS name", &returns("object"))
        .tool("number", "SELECT 42", &returns("integer"))
        .tool("text", "SELECT 'hi'", &returns("string"))
        .tool("open", rows, "")
        .start();
    for (tool, text, structured) in [
        (
            "rows",
            r#"[{"id":1},{"id":2}]"#,
            json!({ "result": [{ "id": 1 }, { "id": 2 }] }),
        ),
        ("none", "[]", json!({ "result": [] })),
        (
            "row",
            r#"{"id":1,"name":"Ada"}"#,
            json!({ "id": 1, "name": "Ada" }),
        ),
        ("number", "42", json!({ "result": 42 })),
        ("text", r#""hi""#, json!({ "result": "hi" })),
        ("open", r#"[{"id":1},{"id":2}]"#, Value::Null),
    ] {
        let result = server.call(tool, json!({})).await;
        assert_eq!(
            result["content"],
            json!([{ "type": "text", "text": text }]),
            "{tool}"
        );
        assert_eq!(result["structuredContent"], structured, "{tool}");
    }
}

#[actix_rt::test]
async fn without_authentication_sql_knows_nobody_but_the_headers() {
    let server = Project::new()
        .tool(
            "who",
            "SELECT get_username() AS u, get_user_external_token() AS t, get_request_header('X-Tenant') AS h",
            "  return: { type: object }\n",
        )
        .start();
    let (mut headers, body) = crate::server::modern_request("tools/call", json!({ "name": "who" }));
    headers.push(("X-Tenant", "acme".to_owned()));
    let answer = server.post(&headers, body).await.json();
    assert_eq!(
        answer["result"]["structuredContent"],
        json!({ "u": "", "t": "", "h": "acme" })
    );
}
