//! The schema of results. A client that validates a result must not refuse one that this server let through, so the schema
//! also allows for what policies hide and for NULL, which every column may hold.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::pattern::read_alike_everywhere;
use super::written::{Properties, Schema, TypeName};
use crate::endpoints::model::{
    ArrayRules, NumberRules, ObjectRules, PolicyAction, PolicyRules, StringFormat, StringRules,
    TypeDefinition, TypeKind,
};
use crate::endpoints::result::Shape;

/// What output policies may take away.
#[derive(Default)]
struct Hidden<'a> {
    masked: BTreeSet<&'a str>,
    filtered: BTreeSet<&'a str>,
    sensitive: bool,
}

/// The schema of a result in its envelope: an object as it is, anything else as `{"result": …}`.
///
/// # Errors
/// Never for schemas that were read from files; the writer's signature has an error.
pub fn output_schema(
    returns: &TypeDefinition,
    policies: &PolicyRules,
) -> Result<Box<RawValue>, serde_json::Error> {
    let hidden = Hidden::of(policies);
    let is_hidden = hidden.sensitive && returns.sensitive;
    let root = match &returns.kind {
        // Hidden as a whole it is null in an envelope, for which none of its properties can be promised.
        TypeKind::Object(_) if is_hidden => root_object(returns, Schema::default()),
        TypeKind::Object(rules) => root_object(returns, object(Schema::default(), rules, &hidden, true)),
        TypeKind::Array(rules) => {
            let has_rows = Shape::of(returns) == Shape::Rows;
            let rows = rules.items.as_deref().map(|items| match &items.kind {
                TypeKind::Object(columns) => object(described(items, &hidden, true), columns, &hidden, true),
                _ => schema(items, &hidden),
            });
            let list = list(returns, rules, rows, &hidden, has_rows);
            envelope(match is_hidden {
                true => list,
                false => Schema {
                    kind: Some(TypeName::One("array")),
                    ..list
                },
            })
        }
        TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {
            envelope(schema(returns, &hidden))
        }
    };
    serde_json::value::to_raw_value(&root)
}

fn root_object<'a>(returns: &TypeDefinition, schema: Schema<'a>) -> Schema<'a> {
    Schema {
        kind: Some(TypeName::One("object")),
        description: returns.description.clone(),
        ..schema
    }
}

fn envelope(result: Schema<'_>) -> Schema<'_> {
    Schema {
        kind: Some(TypeName::One("object")),
        properties: Some(Properties(vec![("result", result)])),
        required: vec!["result"],
        ..Schema::default()
    }
}

impl<'a> Hidden<'a> {
    fn of(policies: &'a PolicyRules) -> Self {
        let mut hidden = Self::default();
        for rule in &policies.output {
            let names = rule.fields.iter().map(|field| field.value.as_str());
            match rule.action {
                PolicyAction::Deny => {}
                PolicyAction::FilterFields => hidden.filtered.extend(names),
                PolicyAction::MaskFields => hidden.masked.extend(names),
                PolicyAction::FilterSensitiveFields => hidden.sensitive = true,
            }
        }
        hidden
    }

    /// Whether a value may go out as another one than the statement's, so that its neighbours may become equal to it and it
    /// may become none of the accepted ones. `has_fields`: it is, or holds, rows whose fields policies name.
    fn alters(&self, definition: &TypeDefinition, has_fields: bool) -> bool {
        let alters_fields = has_fields && !(self.masked.is_empty() && self.filtered.is_empty());
        alters_fields || (self.sensitive && is_sensitive_somewhere(definition))
    }
}

fn is_sensitive_somewhere(definition: &TypeDefinition) -> bool {
    definition.sensitive
        || match &definition.kind {
            TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => false,
            TypeKind::Array(rules) => rules.items.as_deref().is_some_and(is_sensitive_somewhere),
            TypeKind::Object(rules) => {
                let mut properties = rules.properties.iter();
                properties.any(|(_, property)| is_sensitive_somewhere(property))
            }
        }
}

fn described<'a>(definition: &'a TypeDefinition, hidden: &Hidden<'_>, has_fields: bool) -> Schema<'a> {
    let name = definition.kind.as_str();
    let is_altered = hidden.alters(definition, has_fields);
    Schema {
        kind: Some(TypeName::Nullable([name, "null"])),
        description: definition.description.clone(),
        accepted: definition
            .accepted
            .as_ref()
            .filter(|_| !is_altered)
            .map(|accepted| {
                let mut accepted = accepted.value.clone();
                if !accepted.contains(&Value::Null) {
                    accepted.push(Value::Null);
                }
                accepted
            }),
        examples: if definition.sensitive {
            &[]
        } else {
            &definition.examples
        },
        ..Schema::default()
    }
}

fn schema<'a>(definition: &'a TypeDefinition, hidden: &Hidden<'_>) -> Schema<'a> {
    let described = described(definition, hidden, false);
    match &definition.kind {
        TypeKind::String(rules) => string(described, rules),
        TypeKind::Number(rules) | TypeKind::Integer(rules) => number(described, rules),
        TypeKind::Boolean => described,
        TypeKind::Array(rules) => {
            let items = rules.items.as_deref().map(|items| schema(items, hidden));
            list(definition, rules, items, hidden, false)
        }
        TypeKind::Object(rules) => object(described, rules, hidden, false),
    }
}

fn list<'a>(
    definition: &'a TypeDefinition,
    rules: &ArrayRules,
    items: Option<Schema<'a>>,
    hidden: &Hidden<'_>,
    has_rows: bool,
) -> Schema<'a> {
    Schema {
        unique_items: rules.unique_items && !hidden.alters(definition, has_rows),
        ..described(definition, hidden, has_rows).array(rules, items)
    }
}

fn string<'a>(described: Schema<'a>, rules: &'a StringRules) -> Schema<'a> {
    Schema {
        format: rules.format.and_then(published_format),
        min_length: rules.min_length,
        max_length: rules.max_length,
        pattern: rules.pattern.as_ref().and_then(read_alike_everywhere),
        ..described
    }
}

/// Clients divide binary numbers, in which 1.1 is no multiple of 0.01. Whole steps are the same everywhere.
fn number<'a>(described: Schema<'a>, rules: &NumberRules) -> Schema<'a> {
    Schema {
        multiple_of: rules.multiple_of.filter(|step| step.is_whole()),
        ..described.number(rules)
    }
}

/// Clients assert formats, each by its own rules: RFC 3339 wants an offset in every time, which SQL does not write, and rules
/// for addresses differ. A date is the one format that everybody reads alike.
fn published_format(format: StringFormat) -> Option<&'static str> {
    match format {
        StringFormat::Date => Some(format.as_str()),
        StringFormat::Email
        | StringFormat::Uri
        | StringFormat::Time
        | StringFormat::DateTime
        | StringFormat::Duration
        | StringFormat::Timestamp => None,
    }
}

/// `is_row` is true for the object whose members policies name.
fn object<'a>(
    described: Schema<'a>,
    rules: &'a ObjectRules,
    hidden: &Hidden<'_>,
    is_row: bool,
) -> Schema<'a> {
    let is_masked = |name: &str| is_row && hidden.masked.contains(name);
    let is_sensitive = |name: &str| {
        let property = rules.properties.iter().find(|(known, _)| known == name);
        property.is_some_and(|(_, definition)| definition.sensitive)
    };
    let may_be_absent =
        |name: &str| (is_row && hidden.filtered.contains(name)) || (hidden.sensitive && is_sensitive(name));
    let properties: Vec<(&str, Schema<'_>)> = rules
        .properties
        .iter()
        .map(|(name, definition)| {
            let property = match is_masked(name) {
                true => Schema {
                    description: definition.description.clone(),
                    ..Schema::default()
                },
                false => schema(definition, hidden),
            };
            (name.as_str(), property)
        })
        .collect();
    Schema {
        properties: (!properties.is_empty()).then_some(Properties(properties)),
        required: rules
            .required
            .iter()
            .map(String::as_str)
            .filter(|name| !may_be_absent(name))
            .collect(),
        additional_properties: (!rules.additional_properties).then_some(false),
        ..described
    }
}
