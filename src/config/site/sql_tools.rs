//! `sql_tools`: the built-in tools that query the database and show its schema.

use crate::yaml::{FromYaml, Item};

/// The built-in SQL tools. Off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlTools {
    /// Whether the tools are offered.
    pub enabled: bool,
    /// Whether callers' own SQL may read the token that the identity provider issued for them.
    pub allow_external_token: bool,
    /// A description of `execute_sql_query` in place of the built-in one.
    pub execute_sql_query_description: Option<String>,
    /// A description of `list_tables` in place of the built-in one.
    pub list_tables_description: Option<String>,
    /// A description of `get_table_schema` in place of the built-in one.
    pub get_table_schema_description: Option<String>,
}

impl FromYaml for SqlTools {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let tools = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            allow_external_token: fields.optional("allow_external_token").unwrap_or(false),
            execute_sql_query_description: fields.optional_with("execute_sql_query", description),
            list_tables_description: fields.optional_with("list_tables", description),
            get_table_schema_description: fields.optional_with("get_table_schema", description),
        };
        fields.finish();
        Some(tools)
    }
}

fn description(item: Item<'_>) -> Option<String> {
    let mut fields = item.fields()?;
    let description = fields.optional_with("description", Item::non_empty_string);
    fields.finish();
    description
}
