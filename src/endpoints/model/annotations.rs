//! `annotations`: hints on what a call of a tool does.

use crate::yaml::{FromYaml, Item};

/// The hints that the file gives; those that it does not give are not told to clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// A name for people.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// A second equal call changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches out to an open world.
    pub open_world: Option<bool>,
}

impl FromYaml for Annotations {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let annotations = Self {
            title: fields.optional_string("title"),
            read_only: fields.optional_bool("readOnlyHint"),
            destructive: fields.optional_bool("destructiveHint"),
            idempotent: fields.optional_bool("idempotentHint"),
            open_world: fields.optional_bool("openWorldHint"),
        };
        fields.finish();
        Some(annotations)
    }
}
