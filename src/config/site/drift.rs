//! `profiles.<name>.drift`: the snapshot that schemas are compared with.

use std::path::PathBuf;

use crate::config::folders::Folders;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct DriftFile {
    path: Option<Located<String>>,
}

/// Where the profile's schema snapshot is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The JSON file.
    pub path: PathBuf,
}

impl FromYaml for DriftFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let path = fields.optional_with("path", located_text);
        fields.finish();
        Some(Self { path })
    }
}

impl DriftFile {
    pub(in crate::config) fn resolve(
        self,
        default: PathBuf,
        folders: &Folders,
        problems: &mut Problems,
    ) -> Option<Drift> {
        let path = match self.path {
            None => default,
            Some(written) => folders.resolve_or_report(&written, problems)?,
        };
        Some(Drift { path })
    }
}
