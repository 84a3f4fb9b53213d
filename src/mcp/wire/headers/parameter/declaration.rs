//! `x-mcp-header` in an input schema: found and checked once, when the schema is loaded.
//!
//! Must not live here: the rest of JSON Schema.

use serde_json::{Map, Value};

use super::{HeaderParameter, HeaderParameterKind};

const KEYWORD: &str = "x-mcp-header";

/// Keywords whose value is data and not a schema.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// Keywords whose value maps names to schemas.
const NAMED_SCHEMAS: [&str; 5] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];

/// A declaration that clients would answer by dropping the tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderDeclarationError {
    /// The name cannot be part of a header name.
    #[error(
        "{pointer}: x-mcp-header must be a non-empty token of RFC 9110 (letters, digits and !#$%&'*+-.^_`|~)"
    )]
    NotAToken {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
    },
    /// The type cannot be mirrored.
    #[error("{pointer}: x-mcp-header needs \"type\": \"string\", \"integer\" or \"boolean\" beside it")]
    WrongType {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
    },
    /// The value is not at a fixed place in the arguments.
    #[error(
        "{pointer}: x-mcp-header may only stand on properties reached from the root through \"properties\" alone"
    )]
    NotReachable {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
    },
    /// Two parameters would share a header.
    #[error("{pointer}: x-mcp-header {name:?} is used twice; names must differ in more than case")]
    NotUnique {
        /// Where in the schema, as a JSON pointer.
        pointer: String,
        /// The name.
        name: String,
    },
}

/// Finds the mirrored parameters of an input schema, in the order of the schema's members as `serde_json`
/// keeps them.
///
/// # Errors
/// The first declaration that breaks a rule.
pub fn declared_in(input_schema: &Value) -> Result<Vec<HeaderParameter>, HeaderDeclarationError> {
    let mut search = Search {
        found: Vec::new(),
        pointer: Vec::new(),
    };
    search.schema(input_schema, Some(&mut Vec::new()))?;
    Ok(search.found)
}

struct Search<'s> {
    found: Vec<HeaderParameter>,
    /// The way from the root, for messages.
    pointer: Vec<&'s str>,
}

impl<'s> Search<'s> {
    /// Looks at a schema. `path` leads to the described argument while that place is fixed.
    fn schema(
        &mut self,
        schema: &'s Value,
        mut path: Option<&mut Vec<&'s str>>,
    ) -> Result<(), HeaderDeclarationError> {
        let members = match schema {
            Value::Object(members) => members,
            Value::Array(schemas) => {
                return schemas.iter().try_for_each(|schema| self.schema(schema, None));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Ok(()),
        };
        if let Some(name) = members.get(KEYWORD) {
            let parameter = self.parameter(members, name, path.as_deref())?;
            self.found.push(parameter);
        }
        for (keyword, value) in members
            .iter()
            .filter(|(keyword, _)| !DATA.contains(&keyword.as_str()))
        {
            self.pointer.push(keyword);
            match value {
                Value::Object(named) if NAMED_SCHEMAS.contains(&keyword.as_str()) => {
                    let place = path.as_deref_mut().filter(|_| keyword == "properties");
                    self.named_schemas(named, place)?;
                }
                _ => self.schema(value, None)?,
            }
            self.pointer.pop();
        }
        Ok(())
    }

    fn named_schemas(
        &mut self,
        named: &'s Map<String, Value>,
        mut path: Option<&mut Vec<&'s str>>,
    ) -> Result<(), HeaderDeclarationError> {
        for (name, schema) in named {
            self.pointer.push(name);
            match path.as_deref_mut() {
                Some(path) => {
                    path.push(name);
                    self.schema(schema, Some(path))?;
                    path.pop();
                }
                None => self.schema(schema, None)?,
            }
            self.pointer.pop();
        }
        Ok(())
    }

    /// Checks one declaration.
    fn parameter(
        &self,
        schema: &Map<String, Value>,
        name: &Value,
        path: Option<&Vec<&'s str>>,
    ) -> Result<HeaderParameter, HeaderDeclarationError> {
        let path =
            path.filter(|path| !path.is_empty())
                .ok_or_else(|| HeaderDeclarationError::NotReachable {
                    pointer: self.pointer(),
                })?;
        let name =
            name.as_str()
                .filter(|name| is_token(name))
                .ok_or_else(|| HeaderDeclarationError::NotAToken {
                    pointer: self.pointer(),
                })?;
        let kind = match schema.get("type").and_then(Value::as_str) {
            Some("string") => HeaderParameterKind::Text,
            Some("integer") => HeaderParameterKind::Integer,
            Some("boolean") => HeaderParameterKind::Boolean,
            _ => {
                return Err(HeaderDeclarationError::WrongType {
                    pointer: self.pointer(),
                });
            }
        };
        let header = format!("Mcp-Param-{name}");
        if self
            .found
            .iter()
            .any(|other| other.header.eq_ignore_ascii_case(&header))
        {
            return Err(HeaderDeclarationError::NotUnique {
                pointer: self.pointer(),
                name: name.to_owned(),
            });
        }
        Ok(HeaderParameter {
            path: path.iter().map(|&step| step.to_owned()).collect(),
            header,
            kind,
        })
    }

    /// The place that is being looked at (RFC 6901).
    fn pointer(&self) -> String {
        let escaped = self
            .pointer
            .iter()
            .map(|step| step.replace('~', "~0").replace('/', "~1"));
        escaped.fold(String::new(), |pointer, step| pointer + "/" + &step)
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_token_character = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_character)
}
