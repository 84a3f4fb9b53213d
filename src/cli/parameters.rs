//! `--param name=value` and `name=@file.json`, and other values that stand on the command line or in a file.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::CommandError;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// The text itself; `@@` at its beginning stands for `@`.
    Text(String),
    /// The file behind `@`.
    File(String),
}

/// A parameter as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    name: String,
    value: Written,
}

/// A value: text, or JSON from a file.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Json(Box<RawValue>),
}

/// Names and values in their order, repetitions included. Serialises as an object in which texts are strings.
#[derive(Debug)]
pub(super) struct Values(pub(super) Vec<(String, Value)>);

/// What was written, or the file that a value is read from, cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub(super) struct Unusable {
    /// The flag, the file, or both.
    place: String,
    reason: String,
}

impl Written {
    /// Reads an argument of the command line.
    pub(super) fn parse(text: &str) -> Self {
        match text.strip_prefix('@') {
            Some(escaped) if escaped.starts_with('@') => Self::Text(escaped.to_owned()),
            Some(file) => Self::File(file.to_owned()),
            None => Self::Text(text.to_owned()),
        }
    }

    /// The JSON that was written behind `flag` or in the file that it names.
    pub(super) fn json(&self, flag: &str, working_directory: &Path) -> Result<Box<RawValue>, Unusable> {
        match self {
            Self::Text(text) => raw(text, flag),
            Self::File(file) => read(file, working_directory).map_err(|unusable| Unusable {
                place: format!("{flag}: {}", unusable.place),
                ..unusable
            }),
        }
    }
}

impl Parameter {
    /// Reads `name=value` or `name=@file.json`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.strip_prefix('$').unwrap_or(name).to_owned(),
                value: Written::parse(value),
            }),
            _ => Err("expected name=value or name=@file.json".to_owned()),
        }
    }
}

impl Values {
    /// The values of parameters; files are read now.
    pub(super) fn read(parameters: &[Parameter], working_directory: &Path) -> Result<Self, CommandError> {
        let values = parameters.iter().map(|parameter| {
            let value = match &parameter.value {
                Written::Text(text) => Value::Text(text.clone()),
                Written::File(file) => Value::Json(read(file, working_directory)?),
            };
            Ok((parameter.name.clone(), value))
        });
        Ok(Self(values.collect::<Result<_, Unusable>>()?))
    }

    /// The same values if no name is there twice.
    pub(super) fn each_once(self) -> Result<Self, Unusable> {
        let mut names = HashSet::new();
        match self.0.iter().find(|(name, _)| !names.insert(name)) {
            Some((name, _)) => Err(Unusable {
                place: format!("--param {name}"),
                reason: "is given twice".to_owned(),
            }),
            None => Ok(self),
        }
    }
}

fn read(file: &str, working_directory: &Path) -> Result<Box<RawValue>, Unusable> {
    let text = fs::read_to_string(working_directory.join(file)).map_err(|error| Unusable {
        place: file.to_owned(),
        reason: error.to_string(),
    })?;
    raw(text.trim(), file)
}

fn raw(text: &str, place: &str) -> Result<Box<RawValue>, Unusable> {
    serde_json::from_str::<&RawValue>(text)
        .map(ToOwned::to_owned)
        .map_err(|error| Unusable {
            place: place.to_owned(),
            reason: format!("no JSON: {error}"),
        })
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match value {
                Value::Text(text) => members.serialize_entry(name, text)?,
                Value::Json(json) => members.serialize_entry(name, json)?,
            }
        }
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value() {
        let parsed = |text: &str| Parameter::parse(text).map(|parameter| (parameter.name, parameter.value));
        let text = |name: &str, text: &str| Ok((name.to_owned(), Written::Text(text.to_owned())));
        assert_eq!(parsed("a=1"), text("a", "1"));
        assert_eq!(parsed("$a="), text("a", ""));
        assert_eq!(parsed("a=b=c"), text("a", "b=c"));
        assert_eq!(parsed("a=@@home"), text("a", "@home"));
        assert_eq!(
            parsed("a=@f.json"),
            Ok(("a".to_owned(), Written::File("f.json".to_owned())))
        );
        for wrong in ["", "a", "=1"] {
            assert!(
                parsed(wrong).unwrap_err().starts_with("expected name=value"),
                "{wrong}"
            );
        }
    }
}
