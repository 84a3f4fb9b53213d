//! `extensions` and `plugin`: what is loaded into DuckDB.

use crate::yaml::{FromYaml, Item};

/// A DuckDB extension to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The extension's name.
    pub name: String,
    /// Where it comes from, unless it is a core extension.
    pub repository: Option<ExtensionRepository>,
}

/// A repository of DuckDB extensions other than the core one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionRepository {
    /// `community`
    Community,
    /// `core_nightly`
    CoreNightly,
}

/// A Python plugin with DuckDB functions. Kept for its users' sake; this server does not run Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The plugin's name.
    pub name: String,
    /// The Python module.
    pub module: String,
    /// The key of the user configuration's `plugin.config` that belongs to it.
    pub config: Option<String>,
}

/// A name, or a mapping with `name` and `repo`.
impl FromYaml for Extension {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        if item.node().as_scalar().is_some() {
            return item.non_empty_string().map(|name| Self {
                name,
                repository: None,
            });
        }
        let mut fields = item.fields()?;
        let name = fields.required_string("name");
        let repository = fields.optional("repo");
        fields.finish();
        Some(Self {
            name: name?,
            repository,
        })
    }
}

impl FromYaml for ExtensionRepository {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[
            ("community", Self::Community),
            ("core_nightly", Self::CoreNightly),
        ])
    }
}

impl FromYaml for Plugin {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let name = fields.required_string("name");
        let module = fields.required_string("module");
        let config = fields.optional("config");
        fields.finish();
        Some(Self {
            name: name?,
            module: module?,
            config,
        })
    }
}
