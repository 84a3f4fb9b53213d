//! What policies do to calls, asked through the public surface; and how a test writes a definition.

mod conditions;
mod input;
mod limits;
mod load;
mod output;
mod properties;
mod redaction;
mod users;

use mxcp_actors::domain::user::{UserIdentity, UserKey};
use serde_json::{Map, Value, json};

use super::{
    CompiledPolicies, ConditionFailure, Denial, PolicyTrail, PolicyUser, Subject, UserContextOrigin,
};
use crate::endpoints::model::{
    Definition, Parameter, PolicyAction, PolicyRule, PolicyRules, Tool, TypeDefinition, TypeKind,
};
use crate::yaml::{self, FromYaml, Item, KeyPath, Located, Location, Problems};

/// What became of a definition's policies at load.
struct Loaded {
    policies: Option<CompiledPolicies>,
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// Loads the policies of a tool with these lines below `tool:`.
fn load(lines: &str) -> Loaded {
    let file = format!("mxcp: 1\ntool:\n  name: t\n  source: {{code: SELECT 1}}\n{lines}");
    let mut problems = Problems::new();
    let node = yaml::parse("tools/t.yml", file.as_bytes(), &mut problems).unwrap();
    let definition = Definition::from_yaml(Item::root(&node, &mut problems));
    let policies = match &definition {
        Some(Definition::Tool(tool)) => compile(tool, &mut problems),
        other => panic!("no tool: {other:?} {problems}"),
    };
    let told = |problems: &[yaml::Problem]| problems.iter().map(ToString::to_string).collect();
    Loaded {
        policies,
        errors: told(problems.errors()),
        warnings: told(problems.warnings()),
    }
}

fn compile(tool: &Tool, problems: &mut Problems) -> Option<CompiledPolicies> {
    let subject = Subject {
        parameters: &tool.parameters,
        returns: tool.returns.as_ref(),
    };
    CompiledPolicies::compile(&tool.policies, &subject, problems)
}

/// The policies of a tool that loads without errors.
fn policies(lines: &str) -> CompiledPolicies {
    let loaded = load(lines);
    loaded
        .policies
        .unwrap_or_else(|| panic!("does not load: {:#?}", loaded.errors))
}

fn located<T>(value: T) -> Located<T> {
    Located {
        value,
        location: Location::whole("tools/t.yml"),
        path: KeyPath::root(),
    }
}

fn deny(condition: &str) -> PolicyRule {
    PolicyRule {
        location: Location::whole("tools/t.yml"),
        condition: located(condition.to_owned()),
        action: PolicyAction::Deny,
        reason: None,
        fields: Vec::new(),
    }
}

/// A parameter of any type: conditions do not look at types.
fn parameter(name: &str) -> Parameter {
    Parameter {
        name: located(name.to_owned()),
        definition: TypeDefinition {
            location: Location::whole("tools/t.yml"),
            path: KeyPath::root(),
            kind: TypeKind::Boolean,
            description: None,
            default: None,
            accepted: None,
            examples: Vec::new(),
            sensitive: false,
            header: None,
        },
        complete: None,
    }
}

/// Compiles rules that deny where one of the conditions holds. The error is everything that was reported.
fn denying(conditions: &[&str], arguments: &Map<String, Value>) -> Result<CompiledPolicies, String> {
    let rules = PolicyRules {
        input: conditions.iter().copied().map(deny).collect(),
        output: Vec::new(),
    };
    let parameters: Vec<Parameter> = arguments.keys().map(|name| parameter(name)).collect();
    let subject = Subject {
        parameters: &parameters,
        returns: None,
    };
    let mut problems = Problems::new();
    CompiledPolicies::compile(&rules, &subject, &mut problems).ok_or_else(|| problems.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

impl CompiledPolicies {
    /// All input rules, as a call asks them.
    fn check_input(
        &self,
        user: &PolicyUser,
        arguments: &Map<String, Value>,
        trail: &mut PolicyTrail,
    ) -> Result<(), Denial> {
        self.check_caller(user, trail)?;
        self.check_arguments(user, arguments, trail)
    }
}

/// Whether a condition holds for these arguments, or why nobody can tell.
fn holds(condition: &str, user: &PolicyUser, arguments: Value) -> Result<bool, ConditionFailure> {
    let arguments = object(arguments);
    let policies = denying(&[condition], &arguments).unwrap_or_else(|errors| panic!("{condition}: {errors}"));
    match policies.check_input(user, &arguments, &mut PolicyTrail::default()) {
        Ok(()) => Ok(false),
        Err(denial) => denial.failure.map_or(Ok(true), |failure| Err(*failure)),
    }
}

/// A user with a role and without an e-mail address.
fn user_with_role(role: &str) -> PolicyUser {
    let context = object(json!({"role": role}));
    PolicyUser::of_context(&context, UserContextOrigin::Test).unwrap()
}

fn identity() -> UserIdentity {
    let key = UserKey {
        issuer: "https://github.com".to_owned(),
        subject: "583231".to_owned(),
    };
    UserIdentity::bare(key, "github")
}
