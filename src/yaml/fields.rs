//! The keys of one mapping while they are read, and the report of keys that nobody asked for.

use super::node::{Entry, Mapping, Node};
use super::suggest::suggestion;
use super::{FromYaml, Item, KeyPath, Located, Location, Problems};

/// A mapping to be read key by key.
///
/// Every key that is asked for counts as accepted; [`Fields::finish`] reports the others. Read all keys, call
/// `finish`, then leave with `?`, so that one start shows all mistakes; the [module](super) has an example.
#[must_use = "call `finish` to report unknown keys"]
pub struct Fields<'a> {
    mapping: Option<&'a Mapping>,
    location: &'a Location,
    path: KeyPath,
    problems: &'a mut Problems,
    asked: Vec<&'static str>,
    subject: Option<String>,
    is_finished: bool,
}

impl<'a> Fields<'a> {
    /// The keys of a node, which must be a mapping; `None` after reporting that it is not.
    pub fn of(node: &'a Node, path: KeyPath, problems: &'a mut Problems) -> Option<Self> {
        Item::new(node, path, problems).fields()
    }

    pub(super) fn new(
        mapping: Option<&'a Mapping>,
        location: &'a Location,
        path: KeyPath,
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            mapping,
            location,
            path,
            problems,
            asked: Vec::new(),
            subject: None,
            is_finished: false,
        }
    }

    /// Names the mapping in the message about a missing key: `<subject> is incomplete: name is missing`.
    pub fn named(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Where the mapping starts.
    pub fn location(&self) -> &'a Location {
        self.location
    }

    /// The way to the mapping.
    pub fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Where the value of a key stands, or the mapping itself if it lacks the key.
    pub fn location_of(&self, key: &str) -> &'a Location {
        self.entry(key)
            .map_or(self.location, |entry| entry.value.location())
    }

    /// Whether the mapping has the key, be it null. Does not count as asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Whether the mapping lacks the key or says null. Does not count as asking for it.
    pub fn is_absent(&self, key: &str) -> bool {
        self.entry(key).is_none_or(|entry| entry.value.is_null())
    }

    /// The value of a key as it is, null included.
    pub fn take(&mut self, key: &'static str) -> Option<Item<'_>> {
        self.accept(key);
        let entry = self.entry(key)?;
        Some(Item::new(&entry.value, self.path.key(key), self.problems))
    }

    /// Counts a key as accepted without reading it.
    pub fn accept(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    /// The value of a key. `None` if it is absent or null, or was refused with a report.
    pub fn optional<T: FromYaml>(&mut self, key: &'static str) -> Option<T> {
        self.optional_with(key, T::from_yaml)
    }

    /// As [`Fields::optional`], with a reader of its own.
    pub fn optional_with<'b, T>(
        &'b mut self,
        key: &'static str,
        read: impl FnOnce(Item<'b>) -> Option<T>,
    ) -> Option<T> {
        let item = self.take(key)?;
        if item.is_null() { None } else { read(item) }
    }

    /// The value of a key that must be there. `None` after reporting.
    pub fn required<T: FromYaml>(&mut self, key: &'static str) -> Option<T> {
        self.required_with(key, T::from_yaml)
    }

    /// As [`Fields::required`], with a reader of its own.
    pub fn required_with<'b, T>(
        &'b mut self,
        key: &'static str,
        read: impl FnOnce(Item<'b>) -> Option<T>,
    ) -> Option<T> {
        let is_present = self.entry(key).is_some_and(|entry| !entry.value.is_null());
        if !is_present {
            self.accept(key);
            let message = match &self.subject {
                Some(subject) => format!("{subject} is incomplete: {key} is missing"),
                None => format!("{key} is missing"),
            };
            self.problems
                .error(self.location.clone(), self.path.clone(), message);
            return None;
        }
        self.take(key).and_then(read)
    }

    /// Text that must be there and must not be empty.
    pub fn required_string(&mut self, key: &'static str) -> Option<String> {
        self.required_with(key, Item::non_empty_string)
    }

    /// Text.
    pub fn optional_string(&mut self, key: &'static str) -> Option<String> {
        self.optional(key)
    }

    /// A boolean.
    pub fn optional_bool(&mut self, key: &'static str) -> Option<bool> {
        self.optional(key)
    }

    /// A list of texts, or one text that stands for a list of one. Null is the empty list, absent is `None`.
    pub fn string_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.take(key)?.one_or_many()
    }

    /// Reports an error at the value of a key, or at the mapping if it lacks the key.
    pub fn refuse(&mut self, key: &str, message: impl Into<String>) {
        let location = self.location_of(key).clone();
        self.problems.error(location, self.path.key(key), message);
    }

    /// Reports an error at a value below a key.
    pub fn refuse_at(&mut self, place: &Located<impl Sized>, message: impl Into<String>) {
        place.refuse::<()>(self.problems, message);
    }

    /// Reports a warning at a value below a key.
    pub fn warn_at(&mut self, place: &Located<impl Sized>, message: impl Into<String>) {
        place.warn(self.problems, message);
    }

    /// Reports an error at the mapping.
    pub fn refuse_all(&mut self, message: impl Into<String>) {
        self.problems
            .error(self.location.clone(), self.path.clone(), message);
    }

    /// Reports a warning at the value of a key, or at the mapping if it lacks the key.
    pub fn warn(&mut self, key: &str, message: impl Into<String>) {
        let location = self.location_of(key).clone();
        self.problems.warning(location, self.path.key(key), message);
    }

    /// Reports a warning at the mapping.
    pub fn warn_all(&mut self, message: impl Into<String>) {
        self.problems
            .warning(self.location.clone(), self.path.clone(), message);
    }

    /// Reports every key that was not asked for, with the nearest accepted one.
    pub fn finish(mut self) {
        self.is_finished = true;
        let unknown = self.mapping.map(Mapping::entries).unwrap_or_default().iter();
        for entry in unknown.filter(|entry| !self.asked.contains(&entry.key.text.as_str())) {
            let key = &entry.key.text;
            let accepted = self.asked.join(", ");
            let message = format!(
                "unknown key {key:?}{} Accepted keys: {accepted}",
                suggestion(key, &self.asked)
            );
            self.problems
                .error(entry.key.location.clone(), self.path.clone(), message);
        }
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.mapping.and_then(|mapping| mapping.get(key))
    }
}

/// A reader that forgets `finish` would accept every misspelt key; any test that reads a good file finds it.
impl Drop for Fields<'_> {
    fn drop(&mut self) {
        let may_stop_early = !self.problems.is_empty() || std::thread::panicking();
        debug_assert!(
            self.is_finished || may_stop_early,
            "`finish` was not called for {}",
            self.path
        );
    }
}
