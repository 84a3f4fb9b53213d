//! Where a value is sensitive: the shape of a declared type, reduced to that one question.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::REDACTED;

/// Members that carry credentials in the messages of OAuth 2.1, `OpenID` Connect and HTTP.
const CREDENTIALS: [&str; 15] = [
    "access_token",
    "assertion",
    "authorization",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "cookie",
    "device_code",
    "id_token",
    "password",
    "refresh_token",
    "registration_access_token",
    "subject_token",
    "token",
];

/// The sensitive places of a value.
///
/// A value that does not have the declared shape (text where members are declared, say, as in a call that is refused
/// for it) is taken out as a whole as soon as any place within is sensitive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// None.
    #[default]
    Open,
    /// The value as a whole.
    Sensitive,
    /// Some members of an object.
    Members {
        /// The declared members.
        named: BTreeMap<String, Sensitivity>,
        /// All others. For the arguments of a call [`Sensitivity::Sensitive`] is right: a misspelt `pasword` is a
        /// password all the same.
        others: Box<Sensitivity>,
    },
    /// Places in each element of an array.
    Items(Box<Sensitivity>),
}

/// Texts that stood at sensitive places.
#[derive(Default)]
pub(super) struct Found {
    pub(super) texts: Vec<String>,
    /// There were more than can be looked for.
    pub(super) too_many: bool,
}

impl Found {
    /// Looking for each of them costs a pass over what came back.
    const MOST: usize = 64;

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add_text(text.clone()),
            Value::Number(number) => self.add_text(number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => members.values().for_each(|member| self.add(member)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn add_text(&mut self, text: String) {
        if self.texts.contains(&text) {
            return;
        }
        if self.texts.len() < Self::MOST {
            self.texts.push(text);
        } else {
            self.too_many = true;
        }
    }
}

impl Sensitivity {
    /// Whether no place is sensitive.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Open => true,
            Self::Sensitive => false,
            Self::Members { named, others } => named.values().all(Self::is_open) && others.is_open(),
            Self::Items(item) => item.is_open(),
        }
    }

    /// The members that no authentication event shows, whatever its maker put in.
    pub(super) fn of_authentication() -> Self {
        let named = CREDENTIALS.map(|name| (name.to_owned(), Self::Sensitive));
        Self::Members {
            named: named.into(),
            others: Box::new(Self::Open),
        }
    }

    pub(super) fn redact(&self, value: &mut Value, found: &mut Found) {
        match (self, value) {
            (Self::Members { .. }, Value::Object(members)) => self.redact_members(members, found),
            (Self::Items(item), Value::Array(items)) => {
                for value in items {
                    item.redact(value, found);
                }
            }
            (_, value) if !self.is_open() => {
                found.add(value);
                *value = Value::from(REDACTED);
            }
            _ => {}
        }
    }

    pub(super) fn redact_members(&self, members: &mut Map<String, Value>, found: &mut Found) {
        for (name, value) in members {
            match self {
                Self::Members { named, others } => named.get(name).unwrap_or(others).redact(value, found),
                // What is no object by declaration has no members that could be told apart.
                Self::Open | Self::Sensitive | Self::Items(_) => self.redact(value, found),
            }
        }
    }
}
