//! A value that remembers where it was written, for checks that come after reading.

use super::{FromYaml, Item, KeyPath, Location, Problems};

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub location: Location,
    /// The way to it.
    pub path: KeyPath,
}

impl<T> Located<T> {
    /// Reads a value with a reader of its own.
    pub fn read_with<'a>(item: Item<'a>, read: impl FnOnce(Item<'a>) -> Option<T>) -> Option<Self> {
        let (location, path) = (item.location().clone(), item.path().clone());
        read(item).map(|value| Self {
            value,
            location,
            path,
        })
    }

    /// Another value in the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located {
            value: change(self.value),
            location: self.location,
            path: self.path,
        }
    }

    /// Another value that counts as written here, such as a default.
    pub fn clone_place<U>(&self, value: U) -> Located<U> {
        Located {
            value,
            location: self.location.clone(),
            path: self.path.clone(),
        }
    }

    /// Reports an error at the value's place. Answers `None`.
    pub fn refuse<U>(&self, problems: &mut Problems, message: impl Into<String>) -> Option<U> {
        problems.error(self.location.clone(), self.path.clone(), message);
        None
    }

    /// Reports a warning at the value's place.
    pub fn warn(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.warning(self.location.clone(), self.path.clone(), message);
    }
}

impl<T: FromYaml> FromYaml for Located<T> {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        Self::read_with(item, T::from_yaml)
    }
}
