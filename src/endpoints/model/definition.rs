//! The root of a definition file: one tool, one resource or one prompt.

use std::fmt;

use super::{Prompt, Resource, Tool};
use crate::yaml::{Fields, FromYaml, Item, Located, Node, Resolved, Value};

/// The three kinds of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something to call.
    Tool,
    /// Something to read.
    Resource,
    /// Messages to start from.
    Prompt,
}

/// One definition.
#[derive(Debug, Clone)]
pub enum Definition {
    /// A tool.
    Tool(Tool),
    /// A resource.
    Resource(Resource),
    /// A prompt.
    Prompt(Prompt),
}

impl Kind {
    /// All kinds, in the order in which their folders are searched.
    pub const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// The key that opens a definition of this kind.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        }
    }

    /// The kind that a file claims to be, whatever else is wrong with it.
    pub(crate) fn of_node(root: &Node) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| root.get(kind.key()).is_some())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.key())
    }
}

impl Definition {
    /// The kind of the definition.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Tool(_) => Kind::Tool,
            Self::Resource(_) => Kind::Resource,
            Self::Prompt(_) => Kind::Prompt,
        }
    }

    /// What it is addressed by, and where that stands: the name of a tool or prompt, the URI of a resource.
    pub fn address(&self) -> Located<String> {
        match self {
            Self::Tool(tool) => tool.name.clone(),
            Self::Resource(resource) => resource.uri.clone().map(|uri| uri.to_string()),
            Self::Prompt(prompt) => prompt.name.clone(),
        }
    }
}

impl FromYaml for Definition {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        if item.is_null() {
            return item.refuse("the file is empty; expected one of tool, resource, prompt");
        }
        let mut fields = item.fields()?;
        fields.optional_with("mxcp", read_version);
        fields.accept("metadata");
        for kind in Kind::ALL {
            fields.accept(kind.key());
        }
        let found: Vec<&str> = Kind::ALL
            .into_iter()
            .map(Kind::key)
            .filter(|key| fields.has(key))
            .collect();
        let definition = match found.as_slice() {
            [_] => read_only_definition(&mut fields),
            [] => {
                fields.refuse_all("expected one of tool, resource, prompt; found none of them");
                None
            }
            several => {
                fields.refuse_all(format!(
                    "expected one of tool, resource, prompt; found {}",
                    several.join(" and ")
                ));
                None
            }
        };
        fields.finish();
        definition
    }
}

fn read_only_definition(fields: &mut Fields<'_>) -> Option<Definition> {
    let tool = fields
        .take(Kind::Tool.key())
        .map(|item| Tool::from_yaml(item).map(Definition::Tool));
    let resource = fields
        .take(Kind::Resource.key())
        .map(|item| Resource::from_yaml(item).map(Definition::Resource));
    let prompt = fields
        .take(Kind::Prompt.key())
        .map(|item| Prompt::from_yaml(item).map(Definition::Prompt));
    tool.or(resource).or(prompt)?
}

/// The format's version: 1, also as the texts that older files use.
fn read_version(item: Item<'_>) -> Option<()> {
    let Value::Scalar(scalar) = item.node().value() else {
        return item.refuse_kind("the number 1");
    };
    match Resolved::of_plain(scalar.text()) {
        Resolved::Integer(1) => Some(()),
        Resolved::Float(version) if (version - 1.0).abs() < f64::EPSILON => Some(()),
        Resolved::Text if scalar.text() == "1.0.0" => Some(()),
        Resolved::Integer(other) => item.refuse(format!("expected the number 1, found {other}")),
        _ => item.refuse_kind("the number 1"),
    }
}
