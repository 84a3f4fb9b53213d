//! Arguments that a client repeats in `Mcp-Param-…` headers: what a gateway reads there is what SQL gets.

use serde_json::{Value, json};

use crate::server::{Answer, Project, Server, modern_request};

const PARAMETERS: &str = "  parameters:
    - { name: region, type: string, description: Where., default: null, x-mcp-header: Region }
    - name: options
      type: object
      description: How.
      default: {}
      properties: { dry: { type: boolean, x-mcp-header: Dry-Run } }
";

/// A tool that answers its arguments.
fn server() -> Server {
    Project::new()
        .tool(
            "send",
            "SELECT $region AS region, $options AS options",
            PARAMETERS,
        )
        .start()
}

async fn send(server: &Server, arguments: &Value, mirrored: &[(&'static str, &str)]) -> Answer {
    let (mut headers, body) = modern_request("tools/call", json!({ "name": "send", "arguments": arguments }));
    headers.extend(mirrored.iter().map(|(name, value)| (*name, (*value).to_owned())));
    server.post(&headers, body).await
}

#[actix_rt::test]
async fn a_call_whose_headers_say_what_its_arguments_say_is_answered() {
    let server = server();
    for (arguments, mirrored, told) in [
        (json!({}), &[][..], r#"[{"region":null,"options":{"dry":null}}]"#),
        (
            json!({ "region": "EU", "options": { "dry": true } }),
            &[("Mcp-Param-Region", "EU"), ("mcp-param-dry-run", "true")],
            r#"[{"region":"EU","options":{"dry":true}}]"#,
        ),
        (
            json!({ "region": "Zürich" }),
            &[("Mcp-Param-Region", "=?base64?WsO8cmljaA==?=")],
            r#"[{"region":"Zürich","options":{"dry":null}}]"#,
        ),
    ] {
        let answer = send(&server, &arguments, mirrored).await;
        let json = answer.json();
        assert_eq!(json["result"]["content"][0]["text"], told, "{arguments}: {json}");
    }
}

#[actix_rt::test]
async fn a_call_whose_headers_say_something_else_is_refused() {
    let server = server();
    let dry = json!({ "options": { "dry": true } });
    for (arguments, mirrored) in [
        (json!({ "region": "EU" }), &[][..]),
        (json!({ "region": "EU" }), &[("Mcp-Param-Region", "US")]),
        (json!({ "region": null }), &[("Mcp-Param-Region", "US")]),
        (json!({}), &[("Mcp-Param-Region", "US")]),
        (dry.clone(), &[]),
        (dry, &[("Mcp-Param-Dry-Run", "false")]),
        // SQL would get an object for this text.
        (json!({ "options": "{\"dry\":true}" }), &[]),
    ] {
        let answer = send(&server, &arguments, mirrored).await;
        let json = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &json["error"]["code"]),
            (400, &json!(-32020)),
            "{arguments} {mirrored:?}: {json}"
        );
    }
}
