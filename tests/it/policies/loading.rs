//! Mistakes in rules: told together with their places, and never served without the rules.

use serde_json::json;

use super::rules;
use crate::server::Project;

fn broken() -> Project {
    let wrong = rules(
        "input",
        &[
            "condition: \"user.rol == 'x'\", action: deny",
            "condition: \"idd == 1\", action: deny",
            "condition: \"user.role ==\", action: deny",
        ],
    );
    let twice = rules(
        "output",
        &[
            "condition: \"true\", action: mask_fields, fields: [a]",
            "condition: \"true\", action: filter_fields",
        ],
    );
    Project::new()
        .tool("good", "SELECT 1 AS x", "")
        .tool("wrong", "SELECT absent", &wrong)
        .tool("twice", "SELECT 1 AS a, 2 AS a", &twice)
        .file(
            "prompts/p.yml",
            "prompt:\n  name: p\n  messages: [{ prompt: hi }]\n  policies:\n    output: [{ condition: \"true\", action: filter_fields, fields: [prompt] }]\n",
        )
}

#[test]
fn mistakes_are_reported_together_with_their_places() {
    let (status, said) = broken().start_and_fail();
    assert_eq!(status.code(), Some(1));
    for part in [
        "tools/wrong.yml:7:22: tool.policies.input[0].condition: unknown field user.rol; did you mean \"role\"?",
        "tools/wrong.yml:8:22: tool.policies.input[1].condition: unknown variable \"idd\"",
        "tools/wrong.yml:9:22: tool.policies.input[2].condition: not a CEL expression: ",
        "tools/wrong.yml:12:7: tool.source.code: Binder Error",
        "tools/twice.yml:8:22: tool.policies.output[1].condition: the rule is incomplete: filter_fields needs fields",
        "prompts/p.yml:5:67: prompt.policies.output[0].fields[0]: a message without its prompt cannot be sent",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn a_field_that_is_two_columns_stops_the_start() {
    let rule = rules(
        "output",
        &["condition: \"true\", action: mask_fields, fields: [a]"],
    );
    let (status, said) = Project::new()
        .tool("twice", "SELECT 1 AS a, 2 AS a", &rule)
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("2 columns of the statement are called \"a\""),
        "{said}"
    );
}

#[actix_rt::test]
async fn errors_that_are_ignored_leave_the_definition_out() {
    let server = broken().argument("--ignore-errors").start();
    let list = server.modern("tools/list", json!({})).await.json();
    assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 1, "{list}");
    let log = server.logged_before_listening().join("\n");
    for file in ["tools/wrong.yml", "tools/twice.yml", "prompts/p.yml"] {
        assert!(
            log.lines()
                .any(|line| line.contains("left out") && line.contains(file)),
            "{file}: {log}"
        );
    }
}

#[actix_rt::test]
async fn what_is_probably_wrong_is_a_warning() {
    let rules = rules(
        "output",
        &[
            "condition: \"true\", action: mask_fields, fields: [SSN]",
            "condition: \"true\", action: filter_sensitive_fields",
        ],
    );
    let server = Project::new().tool("t", "SELECT 1 AS ssn", &rules).start();
    let log = server.logged_before_listening().join("\n");
    for part in [
        "tool.policies.output[0].fields[0]: the statement has no column \"SSN\"; did you mean \"ssn\"?",
        "the rule has no effect: filter_sensitive_fields: the return type marks nothing as sensitive",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}
