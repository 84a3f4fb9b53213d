//! Every key of each kind is read.

use std::time::Duration;

use serde_json::json;

use crate::endpoints::fixture::{good, read};
use crate::endpoints::model::{
    Annotations, Definition, Icon, IconTheme, Kind, Limits, PolicyAction, Prompt, Resource, Role, Source,
    SqlSource, StringFormat, Tool, TypeDefinition, TypeKind,
};
use crate::endpoints::number::ExactNumber;

const TOOL: &str = r#"
mxcp: 1
metadata: {owner: me, anything: [1]}
tool:
  name: get_orders
  title: Orders
  description: Orders of a customer
  icons: [{src: "https://x.org/i.png", mime_type: image/png, sizes: 48x48, theme: dark}]
  tags: [sales, orders]
  annotations: {title: T, readOnlyHint: yes, destructiveHint: no, idempotentHint: true, openWorldHint: false}
  parameters:
    - name: customer
      type: string
      description: Whose
      examples: [a, b]
      minLength: 1
      maxLength: 9
      pattern: "^[a-z]+$"
      sensitive: true
    - name: state
      type: string
      enum: [open, closed]
      default: open
      x-mcp-header: State
    - {name: at, type: string, format: date-time, default: null}
    - {name: amount, type: number, minimum: 0.1, maximum: 1e3, multipleOf: 0.05}
    - {name: page, type: integer, exclusiveMinimum: 0, exclusiveMaximum: 9007199254740993}
    - {name: ids, type: array, items: {type: integer}, minItems: 1, maxItems: 3, uniqueItems: true}
    - {name: filter, type: object, properties: {b: {type: boolean}, a: {type: string}}, required: [b], additionalProperties: false}
  return: {type: array, items: {type: object, properties: {id: {type: integer}}}}
  language: sql
  source: {code: "SELECT 1"}
  enabled: true
  scopes: [orders:read, mxcp:access]
  policies:
    input: [{condition: "user.role != 'x'", action: deny, reason: no}]
    output:
      - {condition: "true", action: mask_fields, fields: [ssn]}
      - {condition: "true", action: filter_sensitive_fields}
  limits: {query_timeout_ms: 1500, max_rows: 10, max_result_bytes: 1000, max_concurrent_queries: 2}
  tests:
    - name: one
      description: the first
      arguments: [{key: customer, value: a}, {key: page, value: 1}]
      user_context: {role: admin}
      result: null
      result_contains: {id: 1}
      result_not_contains: [ssn]
      result_contains_item: 1
      result_contains_all: [1, 2]
      result_length: 2
      result_contains_text: x
"#;

fn tool(text: &str) -> Tool {
    let text = text.replace("reason: no", "reason: \"no\"");
    match good(&text) {
        Definition::Tool(tool) => tool,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tool_has_all_its_parts() {
    let tool = tool(TOOL);
    assert_eq!(tool.name.value, "get_orders");
    assert_eq!(tool.name.location.to_string(), "test.yml:5:9");
    assert_eq!(tool.title.as_deref(), Some("Orders"));
    assert_eq!(tool.tags, ["sales", "orders"]);
    assert_eq!(tool.scopes.to_string(), "mxcp:access orders:read");
    let icon = Icon {
        source: "https://x.org/i.png".to_owned(),
        mime_type: Some("image/png".to_owned()),
        sizes: vec!["48x48".to_owned()],
        theme: Some(IconTheme::Dark),
    };
    assert_eq!(tool.icons, [icon]);
    let annotations = Annotations {
        title: Some("T".to_owned()),
        read_only: Some(true),
        destructive: Some(false),
        idempotent: Some(true),
        open_world: Some(false),
    };
    assert_eq!(tool.annotations, annotations);
    let limits = Limits {
        query_timeout: Some(Duration::from_millis(1500)),
        max_rows: Some(10),
        max_result_bytes: Some(1000),
        max_concurrent_queries: Some(2),
    };
    assert_eq!(tool.limits, limits);
    let actions: Vec<PolicyAction> = tool.policies.output.iter().map(|rule| rule.action).collect();
    assert_eq!(
        actions,
        [PolicyAction::MaskFields, PolicyAction::FilterSensitiveFields]
    );
    assert_eq!(tool.policies.input[0].reason.as_deref(), Some("no"));
    assert_eq!(tool.policies.output[0].fields[0].value, "ssn");
    assert!(matches!(&tool.source, Source::Sql(SqlSource::Code(code)) if code.value == "SELECT 1"));
}

#[test]
fn types_have_all_their_constraints() {
    let tool = tool(TOOL);
    let kind = |index: usize| &tool.parameters[index].definition.kind;
    let TypeKind::String(customer) = kind(0) else {
        panic!("{:?}", kind(0))
    };
    assert_eq!((customer.min_length, customer.max_length), (Some(1), Some(9)));
    assert_eq!(customer.pattern.as_ref().unwrap().as_str(), "^[a-z]+$");
    assert!(tool.parameters[0].definition.sensitive && tool.parameters[0].is_required());
    let state = &tool.parameters[1].definition;
    assert_eq!(
        state.accepted.as_ref().unwrap().value,
        [json!("open"), json!("closed")]
    );
    assert_eq!(state.default.as_ref().unwrap().value, json!("open"));
    assert_eq!(state.header.as_ref().unwrap().value, "State");
    let TypeKind::String(at) = kind(2) else {
        panic!("{:?}", kind(2))
    };
    assert_eq!(at.format, Some(StringFormat::DateTime));
    assert!(!tool.parameters[2].is_required(), "a null default is a default");
    let TypeKind::Number(amount) = kind(3) else {
        panic!("{:?}", kind(3))
    };
    assert_eq!(amount.minimum.unwrap().to_string(), "0.1");
    assert_eq!(amount.maximum, Some(ExactNumber::Integer(1000)));
    assert_eq!(amount.multiple_of.unwrap().to_string(), "0.05");
    let TypeKind::Integer(page) = kind(4) else {
        panic!("{:?}", kind(4))
    };
    assert_eq!(
        page.exclusive_maximum,
        Some(ExactNumber::Integer(9_007_199_254_740_993))
    );
    let TypeKind::Array(ids) = kind(5) else {
        panic!("{:?}", kind(5))
    };
    assert_eq!(
        (ids.min_items, ids.max_items, ids.unique_items),
        (Some(1), Some(3), true)
    );
    let TypeKind::Object(filter) = kind(6) else {
        panic!("{:?}", kind(6))
    };
    let names: Vec<&str> = filter.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b", "a"], "in the order of the file");
    assert!(filter.requires("b") && !filter.additional_properties);
}

#[test]
fn written_values_are_values_of_their_type() {
    let values = |text: &str| {
        let definition: TypeDefinition = good(text);
        let accepted = definition.accepted.map(|accepted| accepted.value);
        (
            definition.default.map(|default| default.value),
            accepted.unwrap_or_default(),
            definition.examples,
        )
    };
    assert_eq!(
        values("{type: string, default: 10:30, enum: [NO, SE, 1.10, null], examples: [2024]}"),
        (
            Some(json!("10:30")),
            vec![json!("NO"), json!("SE"), json!("1.10"), json!(null)],
            vec![json!("2024")]
        ),
        "what stands beside a text is text, as it was written"
    );
    assert_eq!(
        values("{type: integer, default: '5', enum: ['5', 010, five]}"),
        (Some(json!(5)), vec![json!(5), json!(8), json!("five")], vec![])
    );
    let exact = "12345678901234567890.12";
    assert_eq!(
        values(&format!("{{type: number, default: '{exact}', enum: ['2.50']}}")),
        (Some(json!(exact)), vec![json!(2.5)], vec![])
    );
    assert_eq!(
        values("{type: boolean, default: 'no', examples: [on, 1]}"),
        (Some(json!(false)), vec![], vec![json!(true), json!(1)])
    );
    let object = "{type: object, properties: {land: {type: array, items: {type: string}}}";
    assert_eq!(
        values(&format!("{object}, default: {{land: [NO], other: NO}}}}")).0,
        Some(json!({"land": ["NO"], "other": false}))
    );
}

#[test]
fn a_test_tells_an_expected_null_from_no_expectation() {
    let tool = tool(TOOL);
    let test = &tool.tests[0];
    assert_eq!(test.result, Some(json!(null)));
    assert_eq!(test.arguments[1], ("page".to_owned(), json!(1)));
    assert_eq!(test.user_context.as_ref().unwrap()["role"], json!("admin"));
    assert_eq!(test.result_length, Some(2));
}

#[test]
fn resources_and_prompts_have_their_own_keys() {
    let resource: Definition = good(
        "resource:\n  uri: notes://{id}\n  mime_type: application/json\n  parameters: [{name: id, type: string}]\n  \
         return: {type: object}\n  source: {file: ../sql/x.sql, language: sql}\n  limits: {max_rows: 1}\n  scopes: a:b",
    );
    let Definition::Resource(Resource {
        uri,
        mime_type,
        scopes,
        source,
        ..
    }) = resource
    else {
        panic!("{resource:?}")
    };
    assert_eq!(uri.value.as_str(), "notes://{id}");
    assert_eq!(mime_type.as_deref(), Some("application/json"));
    assert_eq!(scopes.to_string(), "a:b");
    assert!(matches!(source, Source::Sql(SqlSource::File(file)) if file.value == "../sql/x.sql"));
    let prompt: Definition = good(
        "prompt:\n  name: p\n  messages:\n    - {prompt: a}\n    - {prompt: b, role: assistant, type: resource}\n    \
         - {prompt: c, role: system}",
    );
    let Definition::Prompt(Prompt { messages, .. }) = prompt else {
        panic!("{prompt:?}")
    };
    let parts: Vec<(Role, &str)> = messages
        .iter()
        .map(|message| (message.role, message.kind.value.as_str()))
        .collect();
    assert_eq!(
        parts,
        [
            (Role::User, "text"),
            (Role::Assistant, "resource"),
            (Role::System, "text")
        ]
    );
}

#[test]
fn versions_of_older_files_are_taken() {
    for version in ["1", "\"1\"", "\"1.0\"", "1.0", "\"1.0.0\""] {
        let definition: Definition = good(&format!(
            "mxcp: {version}\nprompt: {{name: p, messages: [{{prompt: a}}]}}"
        ));
        assert_eq!(definition.kind(), Kind::Prompt);
    }
    let (_, reported) = read::<Definition>("mxcp: 2\nprompt: {name: p, messages: [{prompt: a}]}");
    assert_eq!(reported, ["test.yml:1:7: mxcp: expected the number 1, found 2"]);
}
