//! What is published: exact JSON, in the order of the file.

use crate::endpoints::fixture::{good, tool_with, type_of};
use crate::endpoints::model::{Definition, PolicyRules};
use crate::endpoints::schema::{input_schema, output_schema};

fn input(parameters: &str) -> String {
    input_schema(&tool_with(parameters).parameters)
        .unwrap()
        .get()
        .to_owned()
}

fn output(returns: &str, policies: &str) -> String {
    let policies: PolicyRules = good(policies);
    output_schema(&type_of(returns), &policies)
        .unwrap()
        .get()
        .to_owned()
}

#[test]
fn an_input_without_parameters_is_an_empty_object() {
    assert_eq!(
        input("    []"),
        r#"{"type":"object","properties":{},"additionalProperties":false}"#
    );
}

#[test]
fn inputs_say_everything_that_is_enforced() {
    assert_eq!(
        input(
            "    - {name: z, type: string, description: Zed, enum: [b, a], default: b, examples: [a], x-mcp-header: Zed}
    - {name: day, type: string, format: date, minLength: 1, maxLength: 10, pattern: '^2'}
    - {name: n, type: number, minimum: 0.10, exclusiveMaximum: 170141183460469231731687303715884105727, multipleOf: 0.05}
    - {name: maybe, type: integer, default: null}"
        ),
        concat!(
            r#"{"type":"object","properties":{"#,
            r#""z":{"type":"string","description":"Zed","enum":["b","a"],"default":"b","examples":["a"],"x-mcp-header":"Zed"},"#,
            r#""day":{"type":"string","format":"date","minLength":1,"maxLength":10,"pattern":"^2"},"#,
            r#""n":{"type":"number","minimum":0.10,"exclusiveMaximum":170141183460469231731687303715884105727,"multipleOf":0.05},"#,
            r#""maybe":{"type":"integer"}},"required":["day","n"],"additionalProperties":false}"#,
        )
    );
}

#[test]
fn nested_inputs_are_inlined() {
    assert_eq!(
        input(
            "    - name: filter
      type: object
      description: What to look for
      required: [b, a]
      additionalProperties: false
      properties:
        b: {type: array, items: {type: string}, minItems: 1, maxItems: 2, uniqueItems: true}
        a: {type: boolean, default: true}
    - {name: any, type: array}
    - {name: free, type: object}"
        ),
        concat!(
            r#"{"type":"object","properties":{"filter":{"type":"object","description":"What to look for","properties":{"#,
            r#""b":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2,"uniqueItems":true},"#,
            r#""a":{"type":"boolean","default":true}},"required":["b"],"additionalProperties":false},"#,
            r#""any":{"type":"array","items":{}},"free":{"type":"object"}},"#,
            r#""required":["filter","any","free"],"additionalProperties":false}"#,
        )
    );
}

#[test]
fn what_others_would_misread_is_not_published() {
    assert_eq!(
        input(
            "    - {name: at, type: string, format: timestamp, description: When}
    - {name: word, type: string, pattern: '(?i)^a'}
    - {name: number, type: string, pattern: '^\\d+$'}
    - {name: phone, type: string, pattern: '^\\d+\\-\\d+$'}
    - {name: pin, type: string, sensitive: true, default: '0000', examples: ['1234']}"
        ),
        concat!(
            r#"{"type":"object","properties":{"#,
            r#""at":{"type":"string","description":"When (seconds since 1970-01-01T00:00:00Z)"},"#,
            r#""word":{"type":"string"},"number":{"type":"string","pattern":"^\\d+$"},"#,
            r#""phone":{"type":"string"},"pin":{"type":"string"}},"#,
            r#""required":["at","word","number","phone"],"additionalProperties":false}"#,
        )
    );
}

#[test]
fn an_object_is_its_own_envelope_and_everything_else_is_wrapped() {
    assert_eq!(
        output(
            "{type: object, description: One, properties: {a: {type: integer}}, required: [a]}",
            "{}"
        ),
        r#"{"type":"object","description":"One","properties":{"a":{"type":["integer","null"]}},"required":["a"]}"#
    );
    assert_eq!(
        output("{type: integer, minimum: 1}", "{}"),
        r#"{"type":"object","properties":{"result":{"type":["integer","null"],"minimum":1}},"required":["result"]}"#
    );
    assert_eq!(
        output(
            "{type: array, items: {type: object, properties: {d: {type: string, format: date}}}}",
            "{}"
        ),
        concat!(
            r#"{"type":"object","properties":{"result":{"type":"array","items":{"type":["object","null"],"#,
            r#""properties":{"d":{"type":["string","null"],"format":"date"}}}}},"required":["result"]}"#
        )
    );
}

#[test]
fn outputs_allow_for_null_and_for_clients_that_assert_formats() {
    assert_eq!(
        output(
            "{type: array, items: {type: string, enum: [a], format: date-time, sensitive: true, examples: [x]}}",
            "{}"
        ),
        concat!(
            r#"{"type":"object","properties":{"result":{"type":"array","items":"#,
            r#"{"type":["string","null"],"enum":["a",null]}}},"required":["result"]}"#
        )
    );
}

#[test]
fn outputs_promise_only_what_other_engines_compute_alike() {
    assert_eq!(
        output(
            "{type: object, properties: {
                price: {type: number, minimum: 0.01, multipleOf: 0.01}, dozens: {type: integer, multipleOf: 12},
                code: {type: string, pattern: '^[A-Z]+$'}, word: {type: string, pattern: '^\\w+$'}}}",
            "{}"
        ),
        concat!(
            r#"{"type":"object","properties":{"price":{"type":["number","null"],"minimum":0.01},"#,
            r#""dozens":{"type":["integer","null"],"multipleOf":12},"#,
            r#""code":{"type":["string","null"],"pattern":"^[A-Z]+$"},"word":{"type":["string","null"]}}}"#
        )
    );
}

#[test]
fn outputs_allow_for_what_policies_hide() {
    let returns = "{type: array, items: {type: object, required: [id, ssn, pay, name], properties: {
        id: {type: integer}, ssn: {type: integer, description: Number}, pay: {type: number, sensitive: true},
        name: {type: object, properties: {ssn: {type: integer}}}}}}";
    let policies = "output:
  - {condition: 'true', action: mask_fields, fields: [ssn]}
  - {condition: 'true', action: filter_fields, fields: [id]}
  - {condition: 'true', action: filter_sensitive_fields}";
    assert_eq!(
        output(returns, policies),
        concat!(
            r#"{"type":"object","properties":{"result":{"type":"array","items":{"type":["object","null"],"properties":{"#,
            r#""id":{"type":["integer","null"]},"ssn":{"description":"Number"},"pay":{"type":["number","null"]},"#,
            r#""name":{"type":["object","null"],"properties":{"ssn":{"type":["integer","null"]}}}},"#,
            r#""required":["ssn","name"]}}},"required":["result"]}"#
        )
    );
}

#[test]
fn what_hiding_may_break_is_not_promised() {
    let filter = "output: [{condition: 'true', action: filter_sensitive_fields}]";
    assert_eq!(
        output(
            "{type: object, sensitive: true, required: [a], additionalProperties: false, properties: {a: {type: string}}}",
            filter
        ),
        r#"{"type":"object"}"#,
        "it goes out as null in an envelope"
    );
    assert_eq!(
        output("{type: array, sensitive: true}", filter),
        r#"{"type":"object","properties":{"result":{"type":["array","null"],"items":{}}},"required":["result"]}"#
    );
    let keys = "{type: array, uniqueItems: true, items: {type: string, sensitive: true, enum: [a, b]}}";
    assert_eq!(
        output(keys, filter),
        concat!(
            r#"{"type":"object","properties":{"result":{"type":"array","#,
            r#""items":{"type":["string","null"]}}},"required":["result"]}"#
        )
    );
    let rows = "{type: array, uniqueItems: true, items: {type: object, properties: {a: {type: string}, b: {type: string}}}}";
    let mask = "output: [{condition: 'true', action: mask_fields, fields: [a]}]";
    assert!(
        !output(rows, mask).contains("uniqueItems"),
        "masked rows may be equal"
    );
    assert!(output(rows, "{}").contains(r#""uniqueItems":true"#));
}

#[test]
fn names_that_providers_refuse_are_a_warning() {
    let definition: Definition = good(
        "tool: {name: t, source: {code: a}, parameters: [{name: o, type: object, properties: {first name: {type: string}}}]}",
    );
    let Definition::Tool(tool) = definition else {
        panic!("{definition:?}")
    };
    let mut problems = crate::yaml::Problems::new();
    super::check_names(&tool.parameters[0].definition, &mut problems);
    assert_eq!(
        crate::endpoints::fixture::reported(&problems),
        [
            "test.yml:1:98: tool.parameters[0].properties.\"first name\": some model providers refuse this name; 1 to 64 letters, digits, _, . and - are accepted everywhere"
        ]
    );
}
