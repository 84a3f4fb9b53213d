//! The schema of arguments.

use serde_json::Value;
use serde_json::value::RawValue;

use super::pattern::compiled_everywhere;
use super::written::{Properties, Schema, TypeName};
use crate::endpoints::model::{ObjectRules, Parameter, StringFormat, StringRules, TypeDefinition, TypeKind};

/// The schema of a tool's arguments. Its root is an object that accepts the declared members only, because that is what
/// calls are held to.
///
/// # Errors
/// Never for schemas that were read from files; the writer's signature has an error.
pub fn input_schema(parameters: &[Parameter]) -> Result<Box<RawValue>, serde_json::Error> {
    let properties = parameters
        .iter()
        .map(|parameter| (parameter.name.value.as_str(), schema(&parameter.definition)))
        .collect();
    let required = parameters.iter().filter(|parameter| parameter.is_required());
    let root = Schema {
        kind: Some(TypeName::One("object")),
        // Providers want the keyword even where there is nothing to say.
        properties: Some(Properties(properties)),
        required: required.map(|parameter| parameter.name.value.as_str()).collect(),
        additional_properties: Some(false),
        ..Schema::default()
    };
    serde_json::value::to_raw_value(&root)
}

fn schema(definition: &TypeDefinition) -> Schema<'_> {
    // A sensitive value is not shown, be it only an example.
    let is_shown = !definition.sensitive;
    let described = Schema {
        kind: Some(TypeName::One(definition.kind.as_str())),
        description: description(definition),
        accepted: definition
            .accepted
            .as_ref()
            .map(|accepted| accepted.value.clone()),
        // `default: null` says that the value may be absent, which `required` says already.
        absent: definition
            .default
            .as_ref()
            .map(|default| &default.value)
            .filter(|default| is_shown && !default.is_null()),
        examples: shown_examples(definition, is_shown),
        header: definition.header.as_ref().map(|header| header.value.as_str()),
        ..Schema::default()
    };
    match &definition.kind {
        TypeKind::String(rules) => string(described, rules),
        TypeKind::Number(rules) | TypeKind::Integer(rules) => described.number(rules),
        TypeKind::Boolean => described,
        TypeKind::Array(rules) => described.array(rules, rules.items.as_deref().map(schema)),
        TypeKind::Object(rules) => object(described, rules),
    }
}

fn shown_examples(definition: &TypeDefinition, is_shown: bool) -> &[Value] {
    if is_shown { &definition.examples } else { &[] }
}

fn string<'a>(described: Schema<'a>, rules: &'a StringRules) -> Schema<'a> {
    Schema {
        format: rules.format.and_then(standard_name),
        min_length: rules.min_length,
        max_length: rules.max_length,
        pattern: rules.pattern.as_ref().and_then(compiled_everywhere),
        ..described
    }
}

/// JSON Schema's name of a format; strict validators refuse names that they do not know.
fn standard_name(format: StringFormat) -> Option<&'static str> {
    match format {
        StringFormat::Timestamp => None,
        other => Some(other.as_str()),
    }
}

/// The description, with the format that no keyword can say.
fn description(definition: &TypeDefinition) -> Option<String> {
    let TypeKind::String(StringRules {
        format: Some(format @ StringFormat::Timestamp),
        ..
    }) = &definition.kind
    else {
        return definition.description.clone();
    };
    let written = definition.description.as_deref().unwrap_or_default();
    let separator = if written.is_empty() { "" } else { " " };
    Some(format!("{written}{separator}({})", format.expectation()))
}

fn object<'a>(described: Schema<'a>, rules: &'a ObjectRules) -> Schema<'a> {
    let properties: Vec<(&str, Schema<'_>)> = rules
        .properties
        .iter()
        .map(|(name, definition)| (name.as_str(), schema(definition)))
        .collect();
    // A required property with a default need not be given.
    let has_default = |name: &str| {
        let property = rules.properties.iter().find(|(known, _)| known == name);
        property.is_some_and(|(_, definition)| definition.default.is_some())
    };
    Schema {
        properties: (!properties.is_empty()).then_some(Properties(properties)),
        required: rules
            .required
            .iter()
            .map(String::as_str)
            .filter(|name| !has_default(name))
            .collect(),
        additional_properties: (!rules.additional_properties).then_some(false),
        ..described
    }
}
