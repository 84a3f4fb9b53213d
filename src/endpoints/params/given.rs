//! A value as it was given: its kind is known, its contents are still text. Nothing here knows what is wanted.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A given value. Numbers are not parsed, so that none of their digits can be lost.
#[derive(Clone)]
pub(super) enum Given<'a> {
    Null,
    Boolean(bool),
    /// The text of a JSON number.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// The JSON text of a list.
    List(&'a str),
    /// The JSON text of an object.
    Object(&'a str),
}

impl<'a> Given<'a> {
    /// Looks at a JSON value. `None` for a text with escapes that are no Unicode characters.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        let json = raw.get();
        match json.as_bytes().first() {
            Some(b'n') => Some(Self::Null),
            Some(b't') => Some(Self::Boolean(true)),
            Some(b'f') => Some(Self::Boolean(false)),
            Some(b'[') => Some(Self::List(json)),
            Some(b'{') => Some(Self::Object(json)),
            Some(b'"') => text(json).map(Self::Text),
            _ => Some(Self::Number(json)),
        }
    }

    /// The kind in the words of messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// The string, borrowed unless it holds an escape.
fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match inner.contains('\\') {
        true => serde_json::from_str(json).ok().map(Cow::Owned),
        false => Some(Cow::Borrowed(inner)),
    }
}

/// The elements of a list, unparsed.
pub(super) fn elements(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

/// A JSON value that stands in a text.
pub(super) fn embedded(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}
