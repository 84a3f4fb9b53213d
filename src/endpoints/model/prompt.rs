//! `prompt`: messages, with places for arguments, that a person starts a conversation from.

use mxcp_actors::domain::scope::ScopeSet;
use serde::{Deserialize, Serialize};

use super::{Icon, Parameter, PolicyRules, TestCase, TypeDefinition, scopes};
use crate::yaml::{FromYaml, Item, Located, Location};

/// A prompt as written.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Where the definition starts.
    pub location: Location,
    /// The name that it is asked for by.
    pub name: Located<String>,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// Words to group by; not told to clients.
    pub tags: Vec<String>,
    /// What the templates take, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The messages, at least one.
    pub messages: Vec<Message>,
    /// Scopes that a caller needs, all of them.
    pub scopes: ScopeSet,
    /// Rules on who may ask for it.
    pub policies: PolicyRules,
    /// Its tests.
    pub tests: Vec<TestCase>,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The Jinja template of its text.
    pub template: Located<String>,
    /// Who speaks.
    pub role: Role,
    /// The kind of content, `text` where the file does not say.
    pub kind: Located<String>,
}

/// Who speaks in a message. MCP knows the last two only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role as it is written in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl FromYaml for Prompt {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the prompt");
        let location = fields.location().clone();
        let name = fields.required_with("name", |name| Located::read_with(name, Item::non_empty_string));
        let title = fields.optional_string("title");
        let description = fields.optional_string("description");
        let icons = fields.optional("icons");
        let tags = fields.string_list("tags");
        fields.optional_bool("enabled");
        let parameters = fields.optional_with("parameters", Parameter::list);
        // Existing files may say what a prompt returns; nothing reads it.
        fields.optional::<TypeDefinition>("return");
        let messages: Option<Vec<Message>> = fields.required("messages");
        if messages.as_ref().is_some_and(Vec::is_empty) {
            fields.refuse("messages", "expected at least one message");
        }
        let scopes = fields.optional_with("scopes", scopes::read);
        let policies = fields.optional("policies");
        let tests = fields.optional("tests");
        fields.finish();
        Some(Self {
            location,
            name: name?,
            title,
            description,
            icons: icons.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
            messages: messages?,
            scopes: scopes.unwrap_or_else(ScopeSet::empty),
            policies: policies.unwrap_or_default(),
            tests: tests.unwrap_or_default(),
        })
    }
}

impl FromYaml for Message {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the message");
        let template: Option<Located<String>> = fields.required("prompt");
        let roles = [Role::System, Role::User, Role::Assistant].map(|role| (role.as_str(), role));
        let role = fields.optional_with("role", |role| role.choice(&roles));
        let kind = fields.optional_with("type", |kind| Located::read_with(kind, Item::non_empty_string));
        fields.finish();
        let template = template?;
        Some(Self {
            role: role.unwrap_or(Role::User),
            kind: kind.unwrap_or_else(|| template.clone_place("text".to_owned())),
            template,
        })
    }
}
