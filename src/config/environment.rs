//! Typed access to the environment map. The process environment itself is read by `main` alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::yaml::{KeyPath, Location, Problems};

/// The environment that was handed to [`super::load`].
#[derive(Clone, Copy)]
pub(super) struct Environment<'a>(&'a BTreeMap<String, String>);

impl<'a> Environment<'a> {
    pub(super) fn new(variables: &'a BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    /// The value of a variable, be it empty.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a setting. An empty variable counts as unset, as `NAME= command` means it.
    pub(super) fn setting(self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The user's home folder.
    pub(super) fn home(self) -> Option<PathBuf> {
        self.setting("HOME").map(PathBuf::from)
    }

    /// A switch: `true`, `1`, `yes` or `false`, `0`, `no` in any case. Anything else is reported.
    pub(super) fn switch(self, name: &str, problems: &mut Problems) -> Option<bool> {
        match self.setting(name)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => refuse(name, "expected true, 1, yes, false, 0 or no", problems),
        }
    }

    /// A positive whole number. Anything else is reported.
    pub(super) fn positive_number(self, name: &str, problems: &mut Problems) -> Option<u64> {
        match self.setting(name)?.parse() {
            Ok(number) if number > 0 => Some(number),
            _ => refuse(name, "expected a whole number from 1", problems),
        }
    }

    /// Pairs as `key=value,key2=value2`, the form of the OpenTelemetry variables.
    pub(super) fn pairs(self, name: &str, problems: &mut Problems) -> Option<BTreeMap<String, String>> {
        let pairs = self
            .setting(name)?
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty());
        let pairs: Option<BTreeMap<_, _>> = pairs
            .map(|pair| {
                let (key, value) = pair.split_once('=')?;
                Some((key.trim().to_owned(), value.trim().to_owned()))
            })
            .collect();
        pairs.or_else(|| refuse(name, "expected pairs such as key=value,key2=value2", problems))
    }
}

/// Reports a variable without its value, which may be a secret.
fn refuse<T>(name: &str, message: &str, problems: &mut Problems) -> Option<T> {
    problems.error(Location::whole("environment"), KeyPath::root().key(name), message);
    None
}
