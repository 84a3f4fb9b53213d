//! Where settings were written, for what is only found out after all of them were read: that a file cannot be opened, a port
//! is taken. No values live here.

use std::collections::BTreeMap;

use super::inputs::Flags;
use crate::yaml::{KeyPath, Location, Mapping, Node};

/// The place of each setting, by its way below its file or below the active profile: `transport.http.port`, `auth.provider`.
/// The active profile of the user configuration is here by its whole way, too, as the project's file has keys of the same names.
#[derive(Clone, Debug, Default)]
pub struct Written {
    places: BTreeMap<String, Location>,
}

impl Written {
    /// Notes every key below `node` but one. What was noted before stays: the project's file is read first.
    pub(super) fn note(&mut self, node: &Node, except: Option<&str>) {
        self.note_below(node, &KeyPath::root(), except);
    }

    /// Notes every key below `node`, which stands at `path`, by its whole way.
    pub(super) fn note_at(&mut self, node: &Node, path: &KeyPath) {
        self.note_below(node, path, None);
    }

    fn note_below(&mut self, node: &Node, path: &KeyPath, except: Option<&str>) {
        let entries = node.as_mapping().map(Mapping::entries).unwrap_or_default();
        for entry in entries
            .iter()
            .filter(|entry| Some(entry.key.text.as_str()) != except)
        {
            let path = path.key(&entry.key.text);
            let location = || entry.value.location().clone();
            self.places
                .entry(path.as_str().to_owned())
                .or_insert_with(location);
            self.note_below(&entry.value, &path, None);
        }
    }

    /// Notes what the command line and the environment say in the place of a file.
    pub(super) fn note_overrides(&mut self, flags: &Flags, has_database_path: bool) {
        for (setting, is_overridden, source) in [
            ("transport.provider", flags.transport.is_some(), "--transport"),
            ("transport.http.host", flags.host.is_some(), "--host"),
            ("transport.http.port", flags.port.is_some(), "--port"),
            ("duckdb.path", has_database_path, "MXCP_DUCKDB_PATH"),
        ] {
            if is_overridden {
                self.places.insert(setting.to_owned(), Location::whole(source));
            }
        }
    }

    /// Where the setting itself stands.
    pub fn own_place(&self, setting: &str) -> Option<&Location> {
        self.places.get(setting)
    }

    /// The setting that decides about a path: its own if it was written, otherwise the folder that its default lies in.
    pub fn deciding(&self, own: &'static str, folder: &'static str) -> &'static str {
        if self.own_place(own).is_some() {
            own
        } else {
            folder
        }
    }

    /// Where the setting stands, or the nearest section around it that was written; `None` if nothing was.
    pub fn place(&self, setting: &str) -> Option<&Location> {
        let mut setting = setting;
        loop {
            if let Some(location) = self.places.get(setting) {
                return Some(location);
            }
            (setting, _) = setting.rsplit_once('.')?;
        }
    }
}
