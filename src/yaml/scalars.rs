//! Readers of single values: text, booleans, numbers, words of a fixed set.

use std::fmt::Display;
use std::ops::{Bound, RangeBounds};

use super::node::ScalarStyle;
use super::suggest::suggestion;
use super::{Item, Resolved};

impl Item<'_> {
    /// Text.
    pub fn string(self) -> Option<String> {
        let Some(scalar) = self.node.as_scalar().filter(|_| !self.is_unresolved()) else {
            return self.refuse_kind("text");
        };
        match scalar.resolve() {
            Resolved::Text => Some(scalar.text().to_owned()),
            Resolved::Null => self.refuse_kind("text"),
            Resolved::Boolean(_) | Resolved::Integer(_) | Resolved::Float(_) => {
                let kind = self.node.kind();
                self.refuse(format!(
                    "expected text, found {kind}; put it in quotes to make it text"
                ))
            }
        }
    }

    /// Text that is not empty.
    pub fn non_empty_string(mut self) -> Option<String> {
        let text = self.again().string()?;
        if text.trim().is_empty() {
            self.refuse("must not be empty")
        } else {
            Some(text)
        }
    }

    /// `true`, `yes`, `on` and their opposites; quotes do not matter.
    pub fn boolean(self) -> Option<bool> {
        match self.resolve_any_style() {
            Some(Resolved::Boolean(value)) => Some(value),
            _ => self.refuse_kind("true or false"),
        }
    }

    /// A whole number within a range (`1..=65535`, `1..`); quotes do not matter.
    pub fn integer_in<N>(self, range: impl RangeBounds<N>) -> Option<N>
    where
        N: Copy + Display + TryFrom<i128> + PartialOrd,
    {
        let wanted = described(&range);
        let Some(Resolved::Integer(value)) = self.resolve_any_style() else {
            return self.refuse_kind(&wanted);
        };
        let fitting = N::try_from(value).ok().filter(|value| range.contains(value));
        if fitting.is_some() || self.is_substituted() {
            return fitting.or_else(|| self.refuse_kind(&wanted));
        }
        self.refuse(format!("expected {wanted}, found {value}"))
    }

    /// One of a fixed set of words.
    pub fn choice<T: Clone>(self, accepted: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = accepted.iter().map(|(word, _)| *word).collect();
        let text = match self.node.as_scalar() {
            Some(scalar) if scalar.resolve() != Resolved::Null && !self.is_unresolved() => scalar.text(),
            _ => return self.refuse_kind(&format!("one of {}", words.join(", "))),
        };
        if let Some((_, value)) = accepted.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        if self.is_substituted() {
            return self.refuse(format!(
                "the value is not accepted. Accepted: {}",
                words.join(", ")
            ));
        }
        let hint = suggestion(text, &words);
        self.refuse(format!(
            "{text:?} is not accepted{hint} Accepted: {}",
            words.join(", ")
        ))
    }

    /// Whether the text came from elsewhere and must not be shown.
    fn is_substituted(&self) -> bool {
        self.has_style(ScalarStyle::Substituted)
    }

    /// The meaning of a scalar with its quotes disregarded.
    fn resolve_any_style(&self) -> Option<Resolved> {
        self.node
            .as_scalar()
            .map(|scalar| Resolved::of_plain(scalar.text()))
    }
}

/// A range in the words of error messages.
fn described<N: Display>(range: &impl RangeBounds<N>) -> String {
    let from = match range.start_bound() {
        Bound::Included(start) => format!(" from {start}"),
        Bound::Excluded(start) => format!(" above {start}"),
        Bound::Unbounded => String::new(),
    };
    let to = match range.end_bound() {
        Bound::Included(end) => format!(" to {end}"),
        Bound::Excluded(end) => format!(" below {end}"),
        Bound::Unbounded => String::new(),
    };
    format!("a whole number{from}{to}")
}
