//! The tree: scalars, sequences and mappings, each with its place. How it is built is `compose`'s business.

use std::fmt;

use super::{Location, Resolved};

/// A value of a YAML file and the place where it starts.
#[derive(Clone, Debug)]
pub struct Node {
    pub(super) location: Location,
    pub(super) value: Value,
}

/// The three shapes of a YAML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, which may mean a number, a boolean or null: see [`Scalar::resolve`].
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file.
    Mapping(Mapping),
}

/// A scalar as written. `Debug` shows its length only, because any scalar may be a secret.
#[derive(Clone)]
pub struct Scalar {
    pub(super) text: String,
    pub(super) style: ScalarStyle,
}

/// How a scalar was written, which decides what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes: `yes` is a boolean, `8000` a number.
    Plain,
    /// With quotes, as a block (`|`, `>`) or tagged `!!str`: always text.
    Quoted,
    /// The text came from a reference such as `${PORT}`: text where text is wanted, else what it would mean unquoted.
    Substituted,
    /// A reference that could not be replaced, which was reported. Readers answer `None` without a second report.
    Unresolved,
}

/// A mapping without duplicate keys, merge keys already applied.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub(super) entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A mapping's key: always text, as written (`on:` is the key `on`, not a boolean).
#[derive(Clone, Debug)]
pub struct Key {
    /// The text of the key.
    pub text: String,
    /// Where the key stands.
    pub location: Location,
}

impl Node {
    /// The value of an empty file.
    pub(super) fn null(location: Location) -> Self {
        let scalar = Scalar {
            text: String::new(),
            style: ScalarStyle::Plain,
        };
        Self {
            location,
            value: Value::Scalar(scalar),
        }
    }

    /// Where the value starts.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The value's shape and content.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The scalar, if this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Sequence(elements) => Some(elements),
            Value::Scalar(_) | Value::Mapping(_) => None,
        }
    }

    /// The mapping, if this is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            Value::Scalar(_) | Value::Sequence(_) => None,
        }
    }

    /// The value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key).map(|entry| &entry.value)
    }

    /// As [`Node::get`], to change the value.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Mapping(mapping) => mapping
                .entries
                .iter_mut()
                .find(|entry| entry.key.text == key)
                .map(|entry| &mut entry.value),
            Value::Scalar(_) | Value::Sequence(_) => None,
        }
    }

    /// Whether this is null: `~`, `null` or nothing at all.
    pub fn is_null(&self) -> bool {
        self.as_scalar()
            .is_some_and(|scalar| scalar.resolve() == Resolved::Null)
    }

    /// What kind of value this is, in the words of error messages. Never the value itself.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) => scalar.resolve().kind(),
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}

impl Scalar {
    /// The text without quotes, with escapes resolved.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it was written.
    pub fn style(&self) -> ScalarStyle {
        self.style
    }

    /// What the scalar means by its style: quoted and substituted scalars are text.
    pub fn resolve(&self) -> Resolved {
        match self.style {
            ScalarStyle::Plain => Resolved::of_plain(&self.text),
            ScalarStyle::Quoted | ScalarStyle::Substituted | ScalarStyle::Unresolved => Resolved::Text,
        }
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scalar({:?}, {} bytes)", self.style, self.text.len())
    }
}

impl Mapping {
    /// The entries in the order of the file; merged entries follow the mapping's own.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }
}
