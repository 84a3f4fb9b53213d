//! `secrets`: credentials that DuckDB gets as `CREATE SECRET`.

use std::collections::BTreeMap;

use crate::config::values::FreeValue;
use crate::yaml::{FromYaml, Item};

/// A secret for DuckDB. Without parameters it is not created.
#[derive(Clone, Debug)]
pub struct DuckdbSecret {
    /// The secret's name.
    pub name: String,
    /// DuckDB's secret type, such as `s3` or `http`.
    pub kind: String,
    /// The parameters of that type.
    pub parameters: BTreeMap<String, FreeValue>,
}

impl FromYaml for DuckdbSecret {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let name = fields.required_string("name");
        let kind = fields.required_string("type");
        let parameters = fields.optional("parameters");
        fields.finish();
        Some(Self {
            name: name?,
            kind: kind?,
            parameters: parameters.unwrap_or_default(),
        })
    }
}
