//! Looking up, and whole calls: from arguments to the result of the engine.

use std::sync::Arc;

use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::session::{Query, Source};

use super::{Program, Registry, Routine};
use crate::endpoints::fixture::{Project, arguments, session};

fn resource(uri: &str, parameters: &[&str]) -> String {
    let declared: Vec<String> = parameters
        .iter()
        .map(|name| format!("{{name: {name}, type: string}}"))
        .collect();
    let used: Vec<String> = parameters.iter().map(|name| format!("${name}")).collect();
    let columns = if used.is_empty() {
        "1".to_owned()
    } else {
        used.join(", ")
    };
    format!(
        "resource:\n  uri: {uri}\n  parameters: [{}]\n  source: {{code: \"SELECT {columns}\"}}\n",
        declared.join(", ")
    )
}

fn notes() -> Registry {
    let project = Project::new(&[
        ("resources/1.yml", &resource("notes://{a}/{b}", &["a", "b"])),
        ("resources/2.yml", &resource("notes://ada/{b}", &["b"])),
        ("resources/3.yml", &resource("notes://ada/all", &[])),
        ("tools/z.yml", "tool: {name: z, source: {code: SELECT 1}}"),
        ("tools/y.yml", "tool: {name: a, source: {code: SELECT 1}}"),
        ("prompts/p.yml", "prompt: {name: p, messages: [{prompt: hi}]}"),
    ]);
    project.registry()
}

#[test]
fn lists_are_in_the_order_of_names() {
    let registry = notes();
    let tools: Vec<&str> = registry
        .tools()
        .iter()
        .map(|tool| tool.definition.name.value.as_str())
        .collect();
    assert_eq!(tools, ["a", "z"]);
    assert_eq!(registry.tool("z").unwrap().definition.name.value, "z");
    assert!(registry.tool("Z").is_none() && registry.tool("p").is_none());
    assert_eq!(registry.prompt("p").unwrap().definition.name.value, "p");
    assert_eq!(
        (registry.resources().len(), registry.resource_templates().len()),
        (1, 2)
    );
    assert_eq!(
        registry.resources()[0].name(),
        "notes://ada/all",
        "the URI stands for an absent name"
    );
}

#[test]
fn the_uri_with_more_literal_text_is_meant() {
    let registry = notes();
    let found = |uri: &str| {
        let found = registry.resource(uri)?;
        let values: Vec<String> = found
            .variables
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Some((
            found.resource.definition.uri.value.as_str().to_owned(),
            values.join(" "),
        ))
    };
    let is = |uri: &str, values: &str| Some((uri.to_owned(), values.to_owned()));
    assert_eq!(found("notes://ada/all"), is("notes://ada/all", ""));
    assert_eq!(found("notes://ada/7"), is("notes://ada/{b}", "b=7"));
    assert_eq!(found("notes://b%2Fob/7"), is("notes://{a}/{b}", "a=b/ob b=7"));
    assert_eq!(found("notes://ada"), None);
    assert!(registry.resource_by_template("notes://{a}/{b}").is_some());
    assert!(registry.resource_by_template("notes://{x}/{y}").is_none());
}

/// Calls the only tool of a project; the result, or everything that is wrong.
fn call(lines: &str, given: &str) -> Result<String, String> {
    let project = Project::new(&[("tools/t.yml", &format!("tool:\n  name: t\n{lines}"))]);
    let registry = project.registry();
    let Routine {
        parameters,
        program,
        output,
        policies: _,
    } = &*registry.tool("t").unwrap().routine;
    let parameters = arguments(parameters, given).map_err(|errors| errors.join("\n"))?;
    let Program::Sql(statement) = program else {
        panic!("{program:?}")
    };
    let plan = output.plan();
    let query = Query {
        source: Source::Owner(statement),
        parameters: &parameters,
        caller: Arc::new(SqlIdentity::nobody()),
        plan: &plan,
        limits: ResultLimits::default(),
    };
    let answer = session()
        .run(&query, &CancelToken::new())
        .map_err(|error| error.to_string())?;
    let checked = output.check(&answer.json, &plan);
    checked.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(answer.json).unwrap())
}

#[test]
fn arguments_reach_sql_with_their_types() {
    let lines = "  parameters:
    - {name: day, type: string, format: date}
    - {name: n, type: integer, default: 1}
    - {name: price, type: number}
    - {name: ids, type: array, items: {type: integer}}
    - {name: who, type: object, properties: {name: {type: string}, age: {type: integer}}}
    - {name: at, type: string, format: date-time, default: null}
  source: {code: \"SELECT $day + $n AS day, $price * 2 AS price, list_contains($ids, 3) AS has, $who.name AS name, $who.age AS age, $at AS at\"}
";
    let given = r#"{"day": "2024-02-28", "price": 0.1, "ids": "[1, 3]", "who": {"name": "Ada"}}"#;
    assert_eq!(
        call(lines, given),
        Ok(r#"[{"day":"2024-02-29","price":0.2,"has":true,"name":"Ada","age":null,"at":null}]"#.to_owned())
    );
}

#[test]
fn mixed_numbers_in_lists_and_objects_keep_their_digits() {
    let lines = "  parameters: [{name: l, type: array}]\n  source: {code: \"SELECT $l AS l\"}\n";
    assert_eq!(
        call(lines, r#"{"l": [1, 2.5]}"#),
        Ok(r#"[{"l":[1.0,2.5]}]"#.to_owned())
    );
    assert_eq!(
        call(lines, r#"{"l": [{"a": 1, "b": "y"}, {"b": "x"}, {"a": 0.5}]}"#),
        Ok(r#"[{"l":[{"a":1.0,"b":"y"},{"a":null,"b":"x"},{"a":0.5,"b":null}]}]"#.to_owned())
    );
}

#[test]
fn results_take_the_declared_shape() {
    let source = |sql: &str| format!("  source: {{code: \"{sql}\"}}\n");
    let three = source("SELECT range AS n FROM range(3)");
    let shaped = |returns: &str, source: &str| call(&format!("  return: {returns}\n{source}"), "{}");
    assert_eq!(
        shaped("{type: array, items: {type: integer}}", &three),
        Ok("[0,1,2]".to_owned())
    );
    assert_eq!(
        shaped("{type: array, items: {type: object}}", &three),
        Ok(r#"[{"n":0},{"n":1},{"n":2}]"#.to_owned())
    );
    let one = source("SELECT sum(n) AS total, 1.10::DECIMAL(5,2) AS price FROM range(3) t(n)");
    assert_eq!(
        shaped(
            "{type: object, properties: {total: {type: integer}, price: {type: number}}}",
            &one
        ),
        Ok(r#"{"total":3,"price":1.10}"#.to_owned())
    );
    assert_eq!(
        shaped("{type: integer}", &source("SELECT count(*) FROM range(3)")),
        Ok("3".to_owned())
    );
    assert_eq!(
        shaped("{type: integer}", &source("SELECT 1 WHERE false")),
        Err("No results returned".to_owned())
    );
    assert_eq!(
        shaped(
            "{type: array, items: {type: string, maxLength: 2}}",
            &source("SELECT unnest(['a', NULL, 'abc']) AS s")
        ),
        Err("Output validation failed: [2]: must have at most 2 characters, found 3".to_owned())
    );
    assert_eq!(
        shaped("{type: number}", &source("SELECT 'nan'::DOUBLE")),
        Ok("null".to_owned())
    );
}

#[test]
fn a_number_beyond_the_type_in_sql_is_refused_there() {
    let lines =
        "  parameters: [{name: n, type: integer}]\n  source: {code: \"SELECT $n + 1::TINYINT AS n\"}\n";
    let error = call(lines, r#"{"n": 99999999999999999999}"#).unwrap_err();
    assert!(
        error.starts_with("parameter $n: 99999999999999999999 is out of range for"),
        "{error}"
    );
}

#[test]
fn prompts_are_rendered_with_checked_arguments() {
    let project = Project::new(&[(
        "prompts/p.yml",
        "prompt:\n  name: p\n  parameters: [{name: day, type: string, format: date}, {name: n, type: integer, default: 3}]\n  messages:\n    - {prompt: \"On {{ day }}\", role: system}\n    - prompt: \"{% if n > 2 %}many{% endif %}\"\n",
    )]);
    let registry = project.registry();
    let prompt = registry.prompt("p").unwrap();
    let Program::Messages(templates) = &prompt.routine.program else {
        panic!("{:?}", prompt.routine.program)
    };
    let parameters = &prompt.routine.parameters;
    let values = parameters.read_texts([("day", "2024-2-9")]).unwrap();
    let messages = templates.render(&parameters.to_json(&values)).unwrap();
    let texts: Vec<(&str, &str)> = messages
        .iter()
        .map(|message| (message.role.as_str(), message.text.as_str()))
        .collect();
    assert_eq!(texts, [("system", "On 2024-02-09"), ("user", "many")]);
}
