//! What is wrong is said with file, line, column and way.

use crate::endpoints::fixture::{good, read, reported, tool_with};
use crate::endpoints::model::{Definition, Icon, Parameter, TypeDefinition, TypeKind};
use crate::yaml::Problems;

fn assert_reported(text: &str, expected: &[&str]) {
    assert_eq!(read::<Definition>(text).1, expected, "{text}");
}

fn assert_type_reported(text: &str, expected: &[&str]) {
    assert_eq!(read::<TypeDefinition>(text).1, expected, "{text}");
}

#[test]
fn a_file_holds_exactly_one_definition() {
    assert_reported(
        "",
        &["test.yml:1:1: the file is empty; expected one of tool, resource, prompt"],
    );
    assert_reported("- 1", &["test.yml:1:1: expected a mapping, found a list"]);
    assert_reported(
        "mxcp: 1",
        &["test.yml:1:1: expected one of tool, resource, prompt; found none of them"],
    );
    assert_reported(
        "tol: {}",
        &[
            "test.yml:1:1: expected one of tool, resource, prompt; found none of them",
            "test.yml:1:1: unknown key \"tol\"; did you mean \"tool\"? Accepted keys: mxcp, metadata, tool, resource, prompt",
        ],
    );
    assert_reported(
        "prompt: {}\ntool: {}",
        &["test.yml:1:1: expected one of tool, resource, prompt; found tool and prompt"],
    );
}

#[test]
fn all_mistakes_of_a_file_are_told_together() {
    assert_reported(
        "tool:\n  nam: x\n  parameters:\n    - {name: 1a, type: strng}\n    - {type: integer, minimum: a}\n  source: {}\n",
        &[
            "test.yml:2:3: tool: the tool is incomplete: name is missing",
            "test.yml:4:14: tool.parameters[0].name: expected a name of letters, digits and _ that does not start with a digit",
            "test.yml:4:24: tool.parameters[0].type: \"strng\" is not accepted; did you mean \"string\"? Accepted: string, number, integer, boolean, array, object",
            "test.yml:5:7: tool.parameters[1]: the parameter is incomplete: name is missing",
            "test.yml:5:32: tool.parameters[1].minimum: expected a number, found text",
            "test.yml:6:11: tool.source: expected code or file, found neither",
            "test.yml:2:3: tool: unknown key \"nam\"; did you mean \"name\"? Accepted keys: name, title, description, icons, tags, annotations, enabled, parameters, return, language, source, scopes, policies, limits, returns_token, tests",
        ],
    );
}

#[test]
fn python_is_recognised_and_refused() {
    let message = "python is not supported: this server runs SQL; write the definition in SQL, or set enabled: false to skip it";
    assert_reported(
        "tool:\n  name: t\n  language: python\n  source: {file: x.py}",
        &[&format!("test.yml:3:13: tool.language: {message}")],
    );
    assert_reported(
        "tool:\n  name: t\n  source: {file: x.py, language: python}",
        &[&format!("test.yml:3:11: tool.source: {message}")],
    );
    assert_reported(
        "tool: {name: t, source: {code: a, file: b}}",
        &["test.yml:1:25: tool.source: expected either code or file, found both"],
    );
}

#[test]
fn constraints_must_make_sense() {
    assert_type_reported(
        "{type: string, minLength: 3, maxLength: 2}",
        &["test.yml:1:41: maxLength: expected at least minLength, which is 3, found 2"],
    );
    assert_type_reported(
        "{type: string, minLength: -1}",
        &["test.yml:1:27: minLength: expected a whole number from 0 to 18446744073709551615, found -1"],
    );
    assert_type_reported(
        "{type: number, minimum: 0.5, maximum: 0.25}",
        &["test.yml:1:39: maximum: expected at least minimum, which is 0.5, found 0.25"],
    );
    assert_type_reported(
        "{type: number, minimum: -.inf, maximum: .NaN}",
        &[
            "test.yml:1:25: minimum: expected a finite number",
            "test.yml:1:41: maximum: expected a finite number",
        ],
    );
    assert_type_reported(
        "{type: number, multipleOf: 0}",
        &["test.yml:1:28: multipleOf: expected a number above 0, found 0"],
    );
    assert_type_reported(
        "{type: string, enum: []}",
        &["test.yml:1:22: enum: expected at least one value"],
    );
    assert_type_reported(
        "{type: string, pattern: '('}",
        &["test.yml:1:25: pattern: is not a regular expression: unclosed group"],
    );
    assert_type_reported(
        "{type: string, pattern: '\\w{1000}{1000}'}",
        &["test.yml:1:25: pattern: the compiled pattern is larger than the 1048576 bytes that are accepted"],
    );
    assert_type_reported(
        "{type: string, format: dat}",
        &[
            "test.yml:1:24: format: \"dat\" is not accepted; did you mean \"date\"? Accepted: email, uri, date, time, date-time, duration, timestamp",
        ],
    );
}

#[test]
fn required_names_are_those_of_properties() {
    let declared = "properties: {name: {type: string}}";
    assert_type_reported(
        &format!("{{type: object, {declared}, required: [nme, name]}}"),
        &["test.yml:1:63: required[0]: \"nme\" is not among the properties; did you mean \"name\"?"],
    );
    assert_type_reported(
        &format!("{{type: object, {declared}, required: [id], additionalProperties: false}}"),
        &[
            "test.yml:1:63: required[0]: \"id\" is not among the properties. No object has it while additionalProperties is false",
        ],
    );
    assert_type_reported("{type: object, required: [anything]}", &[]);
    let repeated: TypeDefinition = good(&format!("{{type: object, {declared}, required: [name, name]}}"));
    let TypeKind::Object(rules) = repeated.kind else {
        panic!("{repeated:?}")
    };
    assert_eq!(rules.required, ["name"]);
}

#[test]
fn a_constraint_of_another_type_is_a_warning() {
    assert_type_reported(
        "{type: integer, minLength: 1, items: {type: string}}",
        &[
            "test.yml:1:28: minLength: minLength has no effect on the type integer",
            "test.yml:1:38: items: items has no effect on the type integer",
        ],
    );
}

#[test]
fn names_must_differ() {
    assert_reported(
        "tool: {name: t, source: {code: a}, parameters: [{name: a, type: string}, {name: a, type: string}]}",
        &["test.yml:1:74: tool.parameters[1]: a parameter named \"a\" stands above already"],
    );
}

#[test]
fn names_that_are_not_accepted_everywhere_are_a_warning() {
    assert_reported(
        "tool: {name: \"get orders\", source: {code: a}}",
        &[
            "test.yml:1:14: tool.name: \"get orders\" is refused by some clients and model providers; 1 to 64 letters, digits, _ and - are accepted everywhere",
        ],
    );
}

#[test]
fn uris_icons_and_scopes_are_checked() {
    assert_reported(
        "resource: {uri: \"notes/{id}\", source: {code: a}}",
        &["test.yml:1:17: resource.uri: expected a URI that starts with a scheme, such as notes://"],
    );
    assert_eq!(
        read::<Icon>("{src: \"http://x\", sizes: [big]}").1,
        [
            "test.yml:1:7: src: expected an https:// address or a data:image/ URI; clients refuse other icons",
            "test.yml:1:27: sizes[0]: expected a size such as 48x48, or any",
        ]
    );
    assert_reported(
        "prompt: {name: p, scopes: \"a b\", messages: []}",
        &[
            "test.yml:1:44: prompt.messages: expected at least one message",
            "test.yml:1:27: prompt.scopes: expected one scope: visible ASCII characters without spaces, quotes and backslashes",
        ],
    );
}

#[test]
fn headers_that_clients_would_refuse_are_refused() {
    let headers = |parameters: &str| {
        let mut problems = Problems::new();
        Parameter::check_headers(&tool_with(parameters).parameters, &mut problems);
        reported(&problems)
    };
    assert_eq!(
        headers(
            "    - {name: a, type: string, x-mcp-header: Region}
    - {name: b, type: object, properties: {c: {type: boolean, x-mcp-header: Deep}}}"
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        headers(
            "    - {name: a, type: string, x-mcp-header: Region}
    - {name: b, type: string, x-mcp-header: region}
    - {name: c, type: number, x-mcp-header: N}
    - {name: d, type: string, sensitive: true, x-mcp-header: S}
    - {name: e, type: array, items: {type: string, x-mcp-header: I}}
    - {name: f, type: string, x-mcp-header: a b}"
        ),
        [
            "test.yml:6:45: tool.parameters[1].x-mcp-header: another parameter uses this x-mcp-header; names must differ in more than case",
            "test.yml:7:45: tool.parameters[2].x-mcp-header: x-mcp-header is accepted on the types string, integer and boolean only",
            "test.yml:8:62: tool.parameters[3].x-mcp-header: x-mcp-header is not accepted on a sensitive value: headers are written to logs on the way",
            "test.yml:9:66: tool.parameters[4].items.x-mcp-header: x-mcp-header is accepted on properties only, not inside the items of an array",
            "test.yml:10:45: tool.parameters[5].x-mcp-header: expected letters, digits and !#$%&'*+-.^_`|~ only: it becomes part of a header's name",
        ]
    );
}

#[test]
fn policies_and_tests_are_checked_for_their_form() {
    assert_reported(
        "tool:\n  name: t\n  source: {code: a}\n  policies: {input: [{action: allow}]}\n  tests: [{arguments: [{key: a}]}]",
        &[
            "test.yml:4:22: tool.policies.input[0]: the rule is incomplete: condition is missing",
            "test.yml:4:31: tool.policies.input[0].action: \"allow\" is not accepted. Accepted: deny, filter_fields, mask_fields, filter_sensitive_fields",
            "test.yml:5:11: tool.tests[0]: the test is incomplete: name is missing",
            "test.yml:5:24: tool.tests[0].arguments[0]: the argument is incomplete: value is missing",
        ],
    );
    let rules: Definition = good("tool: {name: t, source: {code: a}, policies: {output: null}}");
    let Definition::Tool(tool) = rules else {
        panic!("{rules:?}")
    };
    assert!(tool.policies.is_empty());
}
