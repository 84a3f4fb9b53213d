//! The types of parameters, results and everything inside them: `type` and the keys that narrow it.

use serde_json::Value;

use super::constant;
use super::rules::{ArrayRules, NumberRules, ObjectRules, StringRules};
use crate::yaml::{Fields, FromYaml, Item, KeyPath, Located, Location, Problems};

/// One type.
#[derive(Debug, Clone)]
pub struct TypeDefinition {
    /// Where it starts.
    pub location: Location,
    /// The way to it.
    pub path: KeyPath,
    /// The type with its constraints.
    pub kind: TypeKind,
    /// What a value means.
    pub description: Option<String>,
    /// The value that stands for an absent one; `Some` with null where the file says `default: null`.
    pub default: Option<Located<Value>>,
    /// The only values that are accepted (`enum`), at least one.
    pub accepted: Option<Located<Vec<Value>>>,
    /// Values that show what is meant.
    pub examples: Vec<Value>,
    /// Whether values must not reach logs and audit records, nor callers that a policy keeps them from.
    pub sensitive: bool,
    /// The name of the `Mcp-Param-…` header that repeats the value (`x-mcp-header`).
    pub header: Option<Located<String>>,
}

/// The six types.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// Text.
    String(StringRules),
    /// Any number.
    Number(NumberRules),
    /// A whole number.
    Integer(NumberRules),
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array(ArrayRules),
    /// Named values.
    Object(ObjectRules),
}

/// A parameter: a type with a name.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name, as SQL and templates use it.
    pub name: Located<String>,
    /// The type.
    pub definition: TypeDefinition,
    /// The query that completes it while a person types.
    pub complete: Option<Located<String>>,
}

#[derive(Clone, Copy)]
enum Name {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
}

const NAMES: [(&str, Name); 6] = [
    ("string", Name::String),
    ("number", Name::Number),
    ("integer", Name::Integer),
    ("boolean", Name::Boolean),
    ("array", Name::Array),
    ("object", Name::Object),
];

impl TypeKind {
    /// The type's name in files and in JSON Schema.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Number(_) => "number",
            Self::Integer(_) => "integer",
            Self::Boolean => "boolean",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The keys that narrow this type.
    fn keys(&self) -> &'static [&'static str] {
        match self {
            Self::String(_) => &StringRules::KEYS,
            Self::Number(_) | Self::Integer(_) => &NumberRules::KEYS,
            Self::Boolean => &[],
            Self::Array(_) => &ArrayRules::KEYS,
            Self::Object(_) => &ObjectRules::KEYS,
        }
    }
}

impl TypeDefinition {
    /// Reads a type that is no parameter. It may carry a name, which means nothing.
    pub(super) fn read_value(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the type");
        let definition = Self::read(&mut fields);
        fields.accept("name");
        fields.finish();
        definition
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (location, path) = (fields.location().clone(), fields.path().clone());
        let name = fields.required_with("type", |name| name.choice(&NAMES));
        let description = fields.optional_string("description");
        let kind = read_kind(fields, name);
        let constant = |item: Item<'_>| constant::read(item, kind.as_ref());
        let default = fields
            .take("default")
            .and_then(|default| Located::read_with(default, constant));
        let accepted = fields.optional_with("enum", |accepted| {
            Located::read_with(accepted, |accepted| accepted.list_with(constant))
        });
        if accepted
            .as_ref()
            .is_some_and(|accepted| accepted.value.is_empty())
        {
            fields.refuse("enum", "expected at least one value");
        }
        let examples = fields.optional_with("examples", |examples| examples.list_with(constant));
        let sensitive = fields.optional_bool("sensitive").unwrap_or_default();
        let header = fields.optional_with("x-mcp-header", |header| Located::read_with(header, Item::string));
        Some(Self {
            location,
            path,
            kind: kind?,
            description,
            default,
            accepted,
            examples: examples.unwrap_or_default(),
            sensitive,
            header,
        })
    }
}

/// Reads the keys of every type, so that each is known and none is silently without effect.
fn read_kind(fields: &mut Fields<'_>, name: Option<Name>) -> Option<TypeKind> {
    let (string, number) = (StringRules::read(fields), NumberRules::read(fields));
    let (array, object) = (ArrayRules::read(fields), ObjectRules::read(fields));
    let kind = match name? {
        Name::String => TypeKind::String(string),
        Name::Number => TypeKind::Number(number),
        Name::Integer => TypeKind::Integer(number),
        Name::Boolean => TypeKind::Boolean,
        Name::Array => TypeKind::Array(array),
        Name::Object => TypeKind::Object(object),
    };
    let all: [&[&str]; 4] = [
        &StringRules::KEYS,
        &NumberRules::KEYS,
        &ArrayRules::KEYS,
        &ObjectRules::KEYS,
    ];
    for key in all.into_iter().flatten().filter(|key| !kind.keys().contains(key)) {
        if fields.has(key) {
            fields.warn(key, format!("{key} has no effect on the type {}", kind.as_str()));
        }
    }
    Some(kind)
}

impl FromYaml for TypeDefinition {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        Self::read_value(item)
    }
}

impl Parameter {
    /// Reads a list of parameters, whose names must differ.
    pub(super) fn list(item: Item<'_>) -> Option<Vec<Self>> {
        let mut seen: Vec<String> = Vec::new();
        item.list_with(|mut item| {
            let parameter = Self::from_yaml(item.again())?;
            let name = &parameter.name.value;
            if seen.contains(name) {
                return item.refuse(format!("a parameter named {name:?} stands above already"));
            }
            seen.push(name.clone());
            Some(parameter)
        })
    }

    /// Whether an argument must be given.
    pub fn is_required(&self) -> bool {
        self.definition.default.is_none()
    }

    /// Reports headers that clients would answer by dropping the tool (MCP, "x-mcp-header").
    pub(crate) fn check_headers(parameters: &[Self], problems: &mut Problems) {
        let mut taken: Vec<String> = Vec::new();
        for parameter in parameters {
            check_header(&parameter.definition, true, &mut taken, problems);
        }
    }
}

impl FromYaml for Parameter {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the parameter");
        let name = fields.required_with("name", |name| Located::read_with(name, read_name));
        let definition = TypeDefinition::read(&mut fields);
        let complete =
            fields.optional_with("complete", |sql| Located::read_with(sql, Item::non_empty_string));
        fields.finish();
        Some(Self {
            name: name?,
            definition: definition?,
            complete,
        })
    }
}

fn read_name(mut item: Item<'_>) -> Option<String> {
    let name = item.again().string()?;
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit());
    match is_name {
        true => Some(name),
        false => item.refuse("expected a name of letters, digits and _ that does not start with a digit"),
    }
}

fn check_header(
    definition: &TypeDefinition,
    reachable: bool,
    taken: &mut Vec<String>,
    problems: &mut Problems,
) {
    if let Some(header) = &definition.header {
        let is_mirrored = matches!(
            definition.kind,
            TypeKind::String(_) | TypeKind::Integer(_) | TypeKind::Boolean
        );
        let refusal = if !is_token(&header.value) {
            Some("expected letters, digits and !#$%&'*+-.^_`|~ only: it becomes part of a header's name")
        } else if !is_mirrored {
            Some("x-mcp-header is accepted on the types string, integer and boolean only")
        } else if !reachable {
            Some("x-mcp-header is accepted on properties only, not inside the items of an array")
        } else if definition.sensitive {
            Some("x-mcp-header is not accepted on a sensitive value: headers are written to logs on the way")
        } else if taken.contains(&header.value.to_ascii_lowercase()) {
            Some("another parameter uses this x-mcp-header; names must differ in more than case")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            header.refuse::<()>(problems, refusal);
        }
        taken.push(header.value.to_ascii_lowercase());
    }
    match &definition.kind {
        TypeKind::Object(rules) => rules
            .properties
            .iter()
            .for_each(|(_, property)| check_header(property, reachable, taken, problems)),
        TypeKind::Array(rules) => {
            if let Some(items) = &rules.items {
                check_header(items, false, taken, problems);
            }
        }
        TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {}
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_allowed)
}
