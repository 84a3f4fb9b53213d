//! The dotted way from a file's root to a value, for messages. Not a query language.

use std::fmt::{self, Write as _};

/// A dotted path such as `projects.shop.profiles.dev.auth.clients[0].name`.
///
/// Keys with other characters than letters, digits, `_` and `-` are quoted, so that a path is always one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(String);

impl KeyPath {
    /// The file's root, which prints as nothing.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// The path of the value under `key`.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push('.');
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !key.is_empty() && key.chars().all(is_plain) {
            path.push_str(key);
        } else {
            // Writing into a `String` has no failure to report.
            let _ = write!(path, "{key:?}");
        }
        Self(path)
    }

    /// The path of a list's element, counted from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
