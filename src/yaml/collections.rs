//! Readers of mappings, lists and whole parts.

use std::collections::BTreeMap;

use super::node::Value;
use super::{Fields, FromYaml, Item, convert};

impl<'a> Item<'a> {
    /// The value under a free key (a project's or a profile's name). `None` if it is absent, without a report, or
    /// if this is no mapping, with one.
    pub fn entry(self, key: &str) -> Option<Item<'a>> {
        match self.node.as_mapping() {
            Some(mapping) => {
                let entry = mapping.get(key)?;
                Some(Self::new(&entry.value, self.path.key(key), self.problems))
            }
            None => self.refuse_kind("a mapping"),
        }
    }

    /// The keys of a mapping.
    pub fn fields(self) -> Option<Fields<'a>> {
        match self.node.as_mapping() {
            Some(mapping) => Some(Fields::new(
                Some(mapping),
                self.node.location(),
                self.path,
                self.problems,
            )),
            None => self.refuse_kind("a mapping"),
        }
    }

    /// As [`Item::fields`], with null (`dev:` and nothing below it) taken for an empty mapping.
    pub fn fields_or_empty(self) -> Option<Fields<'a>> {
        if self.is_null() {
            return Some(Fields::new(None, self.node.location(), self.path, self.problems));
        }
        self.fields()
    }

    /// Every element of a list; all elements are read, even after one was refused.
    pub fn list_with<T>(self, mut read: impl FnMut(Item<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Some(elements) = self.node.as_sequence() else {
            return self.refuse_kind("a list");
        };
        let read: Vec<Option<T>> = elements
            .iter()
            .enumerate()
            .map(|(index, node)| read(Item::new(node, self.path.index(index), self.problems)))
            .collect();
        read.into_iter().collect()
    }

    /// A list, or one value that stands for a list of one. Null is the empty list.
    pub fn one_or_many<T: FromYaml>(self) -> Option<Vec<T>> {
        self.one_or_many_with(T::from_yaml)
    }

    /// As [`Item::one_or_many`], with `read` in the place of the element's type.
    pub fn one_or_many_with<T>(self, read: impl Fn(Item<'_>) -> Option<T>) -> Option<Vec<T>> {
        match self.node.value() {
            Value::Sequence(_) => self.list_with(read),
            Value::Scalar(_) if self.is_null() => Some(Vec::new()),
            Value::Scalar(_) | Value::Mapping(_) => read(self).map(|single| vec![single]),
        }
    }

    /// Every entry of a mapping with free keys.
    pub fn map_with<T>(
        self,
        mut read: impl FnMut(&str, Item<'_>) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let Some(mapping) = self.node.as_mapping() else {
            return self.refuse_kind("a mapping");
        };
        let read: Vec<Option<(String, T)>> = mapping
            .entries()
            .iter()
            .map(|entry| {
                let key = &entry.key.text;
                let item = Item::new(&entry.value, self.path.key(key), self.problems);
                read(key, item).map(|value| (key.clone(), value))
            })
            .collect();
        read.into_iter().collect()
    }

    /// The value as JSON, typed by the YAML rules. `.inf` and `.nan` have no JSON form and are refused.
    pub fn json(self) -> Option<serde_json::Value> {
        match convert::to_json(self.node) {
            Ok(value) => Some(value),
            Err(location) => {
                let message = "infinity and not-a-number cannot be expressed in JSON";
                self.problems.error(location, self.path, message);
                None
            }
        }
    }
}
