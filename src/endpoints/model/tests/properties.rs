//! Whatever stands in a file, reading it ends with a definition or with a reason.

use proptest::prelude::*;
use serde_json::Value;

use crate::endpoints::model::{Definition, Parameter};
use crate::endpoints::params::ParameterSet;
use crate::endpoints::result::OutputContract;
use crate::endpoints::schema::{check_names, input_schema, output_schema};
use crate::yaml::{FromYaml, Item, Problems, parse};

const KEYS: [&str; 40] = [
    "tool",
    "resource",
    "prompt",
    "mxcp",
    "name",
    "uri",
    "description",
    "parameters",
    "return",
    "type",
    "format",
    "default",
    "enum",
    "examples",
    "sensitive",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "uniqueItems",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "x-mcp-header",
    "source",
    "code",
    "messages",
    "policies",
    "output",
    "action",
    "fields",
    "condition",
    "limits",
    "max_rows",
    "tests",
    "arguments",
];

const WORDS: [&str; 20] = [
    "string",
    "number",
    "integer",
    "boolean",
    "array",
    "object",
    "date",
    "date-time",
    "a",
    "n://{a}",
    "n://{a",
    "SELECT 1",
    "{{ a }}",
    "{% if %}",
    "(",
    "mask_fields",
    "true",
    "1",
    "2024-01-01",
    "",
];

/// Mappings of the keys that files have, with any values.
fn any_definition() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(WORDS.to_vec()).prop_map(Value::from);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..5).prop_map(Value::from),
        word
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let key = prop::sample::select(KEYS.to_vec());
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            4 => prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

/// A type in which most keys fit together.
fn any_type() -> impl Strategy<Value = Value> {
    let bound = || prop::option::of(-3_i64..4);
    let leaf = (prop::sample::select(WORDS[..6].to_vec()), bound(), bound(), any_definition()).prop_map(
        |(name, low, high, default)| serde_json::json!({ "type": name, "minimum": low, "maximum": high, "default": default }),
    );
    leaf.prop_recursive(3, 16, 3, move |inner| {
        prop_oneof![
            (inner.clone(), bound()).prop_map(
                |(items, size)| serde_json::json!({ "type": "array", "items": items, "minItems": size })
            ),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|properties| {
                serde_json::json!({ "type": "object", "properties": properties, "required": ["a"] })
            }),
        ]
    })
}

/// Reads and compiles as loading does. JSON is YAML too.
fn load(file: &Value) {
    let mut problems = Problems::new();
    let node = parse("test.yml", file.to_string().as_bytes(), &mut problems);
    let definition = node.and_then(|node| Definition::from_yaml(Item::root(&node, &mut problems)));
    if definition.is_none() {
        assert!(!problems.is_empty(), "no definition and no reason: {file}");
    }
    let Some(Definition::Tool(tool)) = definition else {
        return;
    };
    Parameter::check_headers(&tool.parameters, &mut problems);
    for parameter in &tool.parameters {
        check_names(&parameter.definition, &mut problems);
    }
    ParameterSet::compile(&tool.parameters, &mut problems);
    serde_json::from_str::<Value>(input_schema(&tool.parameters).unwrap().get()).unwrap();
    if let Some(returns) = &tool.returns {
        OutputContract::compile(Some(returns), &[]);
        let schema = output_schema(returns, &tool.policies).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(schema.get()).unwrap()["type"],
            "object"
        );
    }
}

proptest! {
    #[test]
    fn nothing_in_a_file_makes_the_reader_panic(file in any_definition()) {
        load(&file);
        for kind in ["tool", "resource", "prompt"] {
            load(&serde_json::json!({ kind: file }));
        }
    }

    #[test]
    fn no_type_makes_the_compilers_panic(parameter in any_type(), returns in any_type()) {
        let mut parameter = parameter;
        parameter["name"] = "a".into();
        load(&serde_json::json!({ "tool": {
            "name": "t", "source": { "code": "SELECT 1" }, "parameters": [parameter], "return": returns,
        }}));
    }
}
