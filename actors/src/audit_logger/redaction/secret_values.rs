//! Secrets found by their value: as the whole of a text or inside a longer one, also in the escaped forms in which text
//! travels.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use super::REDACTED;
use super::sensitivity::Found;
use crate::domain::secret::Secret;

/// A shorter secret is found only where it is the whole text: inside longer text it would be found everywhere.
const SHORTEST_INSIDE: usize = 4;

/// The texts to look for.
pub(super) struct SecretValues {
    /// Longest first, so that a shorter one does not leave the rest of a longer one behind.
    forms: Vec<Secret>,
    /// Some form could be a number.
    has_numbers: bool,
    /// There are more secrets than can be looked for: every text goes.
    everything: bool,
}

impl SecretValues {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let mut values = Self {
            forms: Vec::new(),
            has_numbers: false,
            everything: false,
        };
        values.add(secrets.iter().map(Secret::expose));
        values
    }

    /// These, and what was found at sensitive places.
    pub(super) fn joined_by(mut self, found: &Found) -> Self {
        self.add(found.texts.iter().map(String::as_str));
        self.everything = found.too_many;
        self
    }

    fn add<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        for text in texts.filter(|text| !text.is_empty()) {
            self.has_numbers |= text.bytes().all(|byte| b"0123456789.+-eE".contains(&byte));
            self.forms.push(Secret::new(text));
            if !text.bytes().all(is_unreserved) {
                self.forms.push(Secret::new(json_escaped(text)));
                self.forms.push(Secret::new(percent_encoded(text)));
            }
        }
        self.forms.sort_by_key(|form| Reverse(form.expose().len()));
    }

    pub(super) fn redact_text(&self, text: &mut String) {
        if !self.is_found_in(text) {
            return;
        }
        let is_whole = self.forms.iter().any(|form| form.expose() == text);
        if self.everything || is_whole {
            REDACTED.clone_into(text);
            return;
        }
        for form in self.forms.iter().map(Secret::expose) {
            if form.len() >= SHORTEST_INSIDE && text.contains(form) {
                *text = text.replace(form, REDACTED);
            }
        }
    }

    pub(super) fn redact_optional(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.redact_text(text);
        }
    }

    pub(super) fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact_text(text),
            Value::Number(number) if self.has_numbers || self.everything => {
                let mut text = number.to_string();
                self.redact_text(&mut text);
                if text.contains(REDACTED) {
                    *value = Value::from(text);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(members) => self.redact_members(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn redact_members(&self, members: &mut Map<String, Value>) {
        if self.forms.is_empty() && !self.everything {
            return;
        }
        members.values_mut().for_each(|value| self.redact_value(value));
        if members.keys().any(|name| self.is_found_in(name)) {
            for (mut name, value) in std::mem::take(members) {
                self.redact_text(&mut name);
                members.insert(name, value);
            }
        }
    }

    fn is_found_in(&self, text: &str) -> bool {
        let is_found = |form: &str| text == form || form.len() >= SHORTEST_INSIDE && text.contains(form);
        self.everything || self.forms.iter().map(Secret::expose).any(is_found)
    }
}

/// The text as it stands inside a JSON string.
fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or(text).to_owned()
}

/// The text as it stands in a URL's query (RFC 3986 section 2.1).
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match is_unreserved(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// Whether a byte travels unescaped in JSON and in URLs (RFC 3986 section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
