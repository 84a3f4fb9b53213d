//! Policies from outside: users who log in and nobody, both eras, tools, resources and prompts, the record of each call.

mod documented;
mod hidden;
mod input;
mod kinds;
mod loading;
mod mapped;
mod output;
mod records;

use serde_json::Value;

use crate::login::configuration;
use crate::server::Project;

/// A project with two users: `ada` is of HR with everything, `bob` is nobody special and has no address.
fn project() -> Project {
    Project::new().user_config(&users())
}

/// The same, where a caller is told of everything, and why it is refused.
fn telling() -> Project {
    with_authorization("hide: []")
}

/// The same with this in `authorization`.
fn with_authorization(settings: &str) -> Project {
    let auth = format!("auth: {{ authorization: {{ {settings} }}, provider");
    Project::new().user_config(&users().replace("auth: { provider", &auth))
}

fn users() -> String {
    configuration(&[
        (
            "ada",
            "name: Ada, email: ada@example.com, role: admin, groups: [hr, staff], permissions: [salary.read]",
        ),
        ("bob", "name: Bob"),
    ])
}

/// A project without users, whose callers are told why they are refused.
fn telling_nobody() -> Project {
    Project::new().user_config(
        "mxcp: 1\nprojects: { test: { profiles: { dev: { auth: { authorization: { hide: [] } } } } } }\n",
    )
}

/// The lines of `policies` for a tool: rules as YAML flow mappings.
fn rules(stage: &str, rules: &[&str]) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| format!("      - {{ {rule} }}\n"))
        .collect();
    format!("  policies:\n    {stage}:\n{}", rules.concat())
}

/// The one text of a result.
fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

/// What a refused call is told after the words that all failures have.
fn refusal<'a>(result: &'a Value, tool: &str) -> &'a str {
    assert_eq!(result["isError"], true, "{result}");
    assert!(result.get("structuredContent").is_none(), "{result}");
    text(result)
        .strip_prefix(&format!("Error executing tool {tool}: "))
        .unwrap_or_else(|| panic!("{result}"))
}
