//! The schema of results. A client that validates a result must not refuse one that this server let through, so the schema
//! also allows for what policies hide and for NULL, which every column may hold.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::portable::is_portable_pattern;
use super::written::{Properties, Schema, TypeName};
use crate::endpoints::model::{
    ObjectRules, PolicyAction, PolicyRules, StringFormat, StringRules, TypeDefinition, TypeKind,
};

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
    let root = match &returns.kind {
        TypeKind::Object(rules) => Schema {
            kind: Some(TypeName::One("object")),
            description: returns.description.clone(),
            ..object(Schema::default(), rules, &hidden, true)
        },
        TypeKind::Array(rules) => {
            let rows = rules.items.as_deref().map(|items| match &items.kind {
                TypeKind::Object(columns) => object(described(items), columns, &hidden, true),
                _ => schema(items, &hidden),
            });
            let list = Schema {
                kind: Some(TypeName::One("array")),
                ..described(returns).array(rules, rows)
            };
            envelope(list)
        }
        TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {
            envelope(schema(returns, &hidden))
        }
    };
    serde_json::value::to_raw_value(&root)
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
}

fn described(definition: &TypeDefinition) -> Schema<'_> {
    let name = definition.kind.as_str();
    Schema {
        kind: Some(TypeName::Nullable([name, "null"])),
        description: definition.description.clone(),
        accepted: definition.accepted.as_ref().map(|accepted| {
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
    let described = described(definition);
    match &definition.kind {
        TypeKind::String(rules) => string(described, rules),
        TypeKind::Number(rules) | TypeKind::Integer(rules) => described.number(rules),
        TypeKind::Boolean => described,
        TypeKind::Array(rules) => {
            let items = rules.items.as_deref().map(|items| schema(items, hidden));
            described.array(rules, items)
        }
        TypeKind::Object(rules) => object(described, rules, hidden, false),
    }
}

fn string<'a>(described: Schema<'a>, rules: &'a StringRules) -> Schema<'a> {
    let pattern = rules.pattern.as_ref().map(regex::Regex::as_str);
    Schema {
        format: rules.format.and_then(published_format),
        min_length: rules.min_length,
        max_length: rules.max_length,
        pattern: pattern.filter(|pattern| is_portable_pattern(pattern)),
        ..described
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
