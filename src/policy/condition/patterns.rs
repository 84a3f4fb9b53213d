//! Regular expressions of `matches`: literal ones are compiled at load, others within narrow limits and once per call.
//!
//! The `regex` crate searches in linear time, but compiling a pattern of a few bytes can take megabytes and milliseconds, and a
//! pattern may come from a caller.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

/// Bytes of a compiled pattern of a condition's author.
const LITERAL_SIZE: usize = 1 << 20;
/// Bytes of a compiled pattern that is a value.
const VALUE_SIZE: usize = 1 << 16;
/// Bytes of a pattern that is a value.
const VALUE_LENGTH: usize = 1_000;

/// Compiled patterns of all conditions of one definition.
#[derive(Debug, Default)]
pub(in crate::policy) struct Patterns {
    literals: BTreeMap<String, Regex>,
}

/// The pattern that was used last and that is no literal: in a loop over rows it is mostly the same.
#[derive(Debug, Default)]
pub(super) struct LastPattern(Mutex<Option<Regex>>);

/// How a search ended.
pub(super) struct Search {
    /// `None` where the pattern is none, or too large a one.
    pub(super) is_match: Option<bool>,
    /// Whether the pattern had to be compiled, or was tried to.
    pub(super) is_new: bool,
}

impl Patterns {
    /// Compiles a literal pattern. The error says what is wrong with it.
    pub(super) fn add_literal(&mut self, pattern: &str) -> Result<(), String> {
        if !self.literals.contains_key(pattern) {
            let regex = compile(pattern, LITERAL_SIZE).map_err(|error| error.to_string())?;
            self.literals.insert(pattern.to_owned(), regex);
        }
        Ok(())
    }

    /// Searches a text.
    pub(super) fn search(&self, pattern: &str, text: &str, last: &LastPattern) -> Search {
        if let Some(regex) = self.literals.get(pattern) {
            return Search {
                is_match: Some(regex.is_match(text)),
                is_new: false,
            };
        }
        // Searching under the lock: a copy of a pattern would start with empty caches every time.
        let mut last = last.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = last.as_ref().is_none_or(|regex| regex.as_str() != pattern);
        if is_new {
            let is_short = pattern.len() <= VALUE_LENGTH;
            *last = is_short.then(|| compile(pattern, VALUE_SIZE).ok()).flatten();
        }
        Search {
            is_match: last.as_ref().map(|regex| regex.is_match(text)),
            is_new,
        }
    }
}

fn compile(pattern: &str, size: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(size).build()
}
