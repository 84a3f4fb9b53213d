//! `tool`: something that a model can call.

use mxcp_actors::domain::scope::ScopeSet;

use super::{Annotations, Icon, Limits, Parameter, PolicyRules, Source, TestCase, TypeDefinition, scopes};
use crate::yaml::{FromYaml, Item, Located, Location};

/// A tool as written.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Where the definition starts.
    pub location: Location,
    /// The name that it is called by.
    pub name: Located<String>,
    /// A name for people.
    pub title: Option<String>,
    /// What it does, for the model.
    pub description: Option<String>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// Words to group by; not told to clients.
    pub tags: Vec<String>,
    /// Hints on what a call does.
    pub annotations: Annotations,
    /// What it takes, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// What it answers; `None` leaves the answer unchecked.
    pub returns: Option<TypeDefinition>,
    /// What runs.
    pub source: Source,
    /// Scopes that a caller needs, all of them.
    pub scopes: ScopeSet,
    /// Rules on who may call it and what they see.
    pub policies: PolicyRules,
    /// Limits of its own.
    pub limits: Limits,
    /// Whether its answers may hold the caller's token at the identity provider; otherwise it is taken out of them.
    pub returns_token: bool,
    /// Its tests.
    pub tests: Vec<TestCase>,
}

impl FromYaml for Tool {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the tool");
        let location = fields.location().clone();
        let name: Option<Located<String>> =
            fields.required_with("name", |name| Located::read_with(name, Item::non_empty_string));
        if let Some(name) = name.as_ref().filter(|name| !is_portable(&name.value)) {
            fields.warn(
                "name",
                format!(
                    "{:?} is refused by some clients and model providers; 1 to 64 letters, digits, _ and - are accepted everywhere",
                    name.value
                ),
            );
        }
        let title = fields.optional_string("title");
        let description = fields.optional_string("description");
        let icons = fields.optional("icons");
        let tags = fields.string_list("tags");
        let annotations = fields.optional("annotations");
        fields.optional_bool("enabled");
        let parameters = fields.optional_with("parameters", Parameter::list);
        let returns = fields.optional("return");
        let source = Source::read(&mut fields);
        let scopes = fields.optional_with("scopes", scopes::read);
        let policies = fields.optional("policies");
        let limits = fields.optional("limits");
        let returns_token = fields.optional_bool("returns_token");
        let tests = fields.optional("tests");
        fields.finish();
        Some(Self {
            location,
            name: name?,
            title,
            description,
            icons: icons.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            annotations: annotations.unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
            returns,
            source: source?,
            scopes: scopes.unwrap_or_else(ScopeSet::empty),
            policies: policies.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
            returns_token: returns_token.unwrap_or_default(),
            tests: tests.unwrap_or_default(),
        })
    }
}

/// Whether model providers take the name as it is.
fn is_portable(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
