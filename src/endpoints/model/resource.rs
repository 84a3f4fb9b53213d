//! `resource`: something that a client can read by its URI.

use mxcp_actors::domain::scope::ScopeSet;

use super::{Icon, Limits, Parameter, PolicyRules, Source, TestCase, TypeDefinition, scopes};
use crate::endpoints::uri_template::UriTemplate;
use crate::yaml::{FromYaml, Item, Located, Location};

/// A resource as written.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Where the definition starts.
    pub location: Location,
    /// The URI, with a variable in braces for each parameter.
    pub uri: Located<UriTemplate>,
    /// A name; the URI where none is given.
    pub name: Option<String>,
    /// A name for people.
    pub title: Option<String>,
    /// What it holds, for the model.
    pub description: Option<String>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// Words to group by; not told to clients.
    pub tags: Vec<String>,
    /// The media type of its contents.
    pub mime_type: Option<String>,
    /// What the URI's variables are, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// What it holds; `None` leaves the contents unchecked.
    pub returns: Option<TypeDefinition>,
    /// What runs.
    pub source: Source,
    /// Scopes that a caller needs, all of them.
    pub scopes: ScopeSet,
    /// Rules on who may read it and what they see.
    pub policies: PolicyRules,
    /// Limits of its own.
    pub limits: Limits,
    /// Its tests.
    pub tests: Vec<TestCase>,
}

impl FromYaml for Resource {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the resource");
        let location = fields.location().clone();
        let uri = fields.required_with("uri", |uri| Located::read_with(uri, read_uri));
        let name = fields.optional_with("name", Item::non_empty_string);
        let title = fields.optional_string("title");
        let description = fields.optional_string("description");
        let icons = fields.optional("icons");
        let tags = fields.string_list("tags");
        let mime_type = fields.optional_with("mime_type", Item::non_empty_string);
        fields.optional_bool("enabled");
        let parameters = fields.optional_with("parameters", Parameter::list);
        let returns = fields.optional("return");
        let source = Source::read(&mut fields);
        let scopes = fields.optional_with("scopes", scopes::read);
        let policies = fields.optional("policies");
        let limits = fields.optional("limits");
        let tests = fields.optional("tests");
        fields.finish();
        Some(Self {
            location,
            uri: uri?,
            name,
            title,
            description,
            icons: icons.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            mime_type,
            parameters: parameters.unwrap_or_default(),
            returns,
            source: source?,
            scopes: scopes.unwrap_or_else(ScopeSet::empty),
            policies: policies.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
            tests: tests.unwrap_or_default(),
        })
    }
}

fn read_uri(mut item: Item<'_>) -> Option<UriTemplate> {
    let text = item.again().non_empty_string()?;
    match UriTemplate::parse(&text) {
        Ok(template) => Some(template),
        Err(error) => item.refuse(error.to_string()),
    }
}
