//! A mapping while its keys and values arrive: keys must be text and unique, `<<` merges other mappings in.

use std::collections::HashMap;

use super::Location;
use super::node::{Entry, Key, Mapping, Node, Scalar, ScalarStyle, Value};

/// The entries so far, and the key whose value comes next.
#[derive(Default)]
pub(super) struct OpenMapping {
    entries: Vec<Entry>,
    places: HashMap<String, Location>,
    merged: Vec<Mapping>,
    awaiting: Option<Awaiting>,
}

/// The key whose value comes next.
enum Awaiting {
    Value(Key),
    Merge(Location),
    /// The key was reported; its value is dropped.
    Nothing,
}

impl OpenMapping {
    /// The key whose value is being read.
    pub(super) fn awaited_key(&self) -> Option<&str> {
        match &self.awaiting {
            Some(Awaiting::Value(key)) => Some(&key.text),
            Some(Awaiting::Merge(_) | Awaiting::Nothing) | None => None,
        }
    }

    /// Takes the next key or the next value.
    pub(super) fn attach(&mut self, node: Node) -> Result<(), (Location, String)> {
        match self.awaiting.take() {
            None => self.begin_entry(node),
            Some(Awaiting::Value(key)) => {
                self.entries.push(Entry { key, value: node });
                Ok(())
            }
            Some(Awaiting::Merge(location)) => self.merge(node).map_err(|message| (location, message)),
            Some(Awaiting::Nothing) => Ok(()),
        }
    }

    fn begin_entry(&mut self, node: Node) -> Result<(), (Location, String)> {
        self.awaiting = Some(Awaiting::Nothing);
        let Node { location, value } = node;
        let Value::Scalar(Scalar { text, style }) = value else {
            return Err((location, "a key must be text, not a list or a mapping".to_owned()));
        };
        if style == ScalarStyle::Plain && text.is_empty() {
            return Err((location, "a key is missing before the colon".to_owned()));
        }
        if style == ScalarStyle::Plain && text == "<<" {
            self.awaiting = Some(Awaiting::Merge(location));
            return Ok(());
        }
        if let Some(first) = self.places.get(&text) {
            let first = first
                .position()
                .map_or_else(String::new, |place| format!(" (first at {place})"));
            return Err((location, format!("the key {text:?} appears twice{first}")));
        }
        self.places.insert(text.clone(), location.clone());
        self.awaiting = Some(Awaiting::Value(Key { text, location }));
        Ok(())
    }

    fn merge(&mut self, node: Node) -> Result<(), String> {
        match node.value {
            Value::Mapping(mapping) => self.merged.push(mapping),
            Value::Sequence(elements) => {
                for element in elements {
                    let Value::Mapping(mapping) = element.value else {
                        return Err(format!("<< accepts mappings, found {}", element.kind()));
                    };
                    self.merged.push(mapping);
                }
            }
            Value::Scalar(_) => {
                return Err(format!(
                    "<< accepts a mapping or a list of mappings, found {}",
                    node.kind()
                ));
            }
        }
        Ok(())
    }

    /// The mapping's own keys win over merged ones, an earlier merged mapping over a later one.
    pub(super) fn close(mut self) -> Mapping {
        for entry in self.merged.into_iter().flat_map(|mapping| mapping.entries) {
            if !self.places.contains_key(&entry.key.text) {
                self.places
                    .insert(entry.key.text.clone(), entry.key.location.clone());
                self.entries.push(entry);
            }
        }
        Mapping {
            entries: self.entries,
        }
    }
}
