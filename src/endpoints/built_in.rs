//! The built-in SQL tools. They are definitions like everybody's, and so take the same path: checked at load, listed,
//! recorded and limited.
//!
//! Must not live here: what a caller's own SQL may do, which is the engine's guard.

use std::path::PathBuf;

use super::load::{DefinitionFile, Loaded, SqlText};
use super::model::{Definition, Kind, Source, SqlSource};
use crate::yaml::{self, FromYaml, Item, Problems};

/// What the project says about the built-in tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlToolsSettings {
    /// Whether callers' own SQL may read the token that the identity provider issued for them.
    pub sees_external_token: bool,
    /// A description of `execute_sql_query` in place of the one here.
    pub execute_sql_query: Option<String>,
    /// A description of `list_tables` in place of the one here.
    pub list_tables: Option<String>,
    /// A description of `get_table_schema` in place of the one here.
    pub get_table_schema: Option<String>,
}

// Its statement is the argument; what stands as `code` is replaced when the definition has been read.
const EXECUTE_SQL_QUERY: &str = "
mxcp: 1
tool:
  name: execute_sql_query
  description: >-
    Runs one read-only SELECT statement (DuckDB SQL) on the tables and views of this database and returns its rows.
    Use list_tables and get_table_schema first to learn their names and columns.
  annotations:
    title: SQL Query Executor
    readOnlyHint: true
    destructiveHint: false
    idempotentHint: false
    openWorldHint: false
  parameters:
    - name: sql
      type: string
      description: One SELECT statement in DuckDB's SQL.
      minLength: 1
      maxLength: 100000
  return: { type: array, items: { type: object } }
  source: { code: $sql }
";

const LIST_TABLES: &str = "
mxcp: 1
tool:
  name: list_tables
  description: Lists the tables and views of this database.
  annotations:
    title: Database Table Lister
    readOnlyHint: true
    destructiveHint: false
    idempotentHint: true
    openWorldHint: false
  return:
    type: array
    items:
      type: object
      properties:
        name: { type: string, description: The name to use in SQL. }
        type: { type: string, description: BASE TABLE or VIEW. }
  source:
    code: >-
      SELECT table_name AS name, table_type AS type
      FROM system.information_schema.tables
      WHERE table_schema = 'main' AND table_catalog = current_database()
      ORDER BY table_name
";

const GET_TABLE_SCHEMA: &str = "
mxcp: 1
tool:
  name: get_table_schema
  description: Tells the columns of a table or view, in their order. A name that does not exist has none.
  annotations:
    title: Table Schema Inspector
    readOnlyHint: true
    destructiveHint: false
    idempotentHint: true
    openWorldHint: false
  parameters:
    - name: table_name
      type: string
      description: The table or view, as list_tables names it.
  return:
    type: array
    items:
      type: object
      properties:
        name: { type: string, description: The column. }
        type: { type: string, description: Its type in DuckDB. }
        nullable: { type: string, description: YES or NO. }
  source:
    code: >-
      SELECT column_name AS name, data_type AS type, is_nullable AS nullable
      FROM system.information_schema.columns
      WHERE table_name = $table_name AND table_catalog = current_database()
      ORDER BY table_schema, ordinal_position
";

/// The names of the tools, which may be switched on some day.
const NAMES: [&str; 3] = ["execute_sql_query", "list_tables", "get_table_schema"];

/// Warns of the project's tools and prompts that have the name of a built-in tool while those are off: the server would not
/// start with them on.
pub fn warn_of_names(files: &mut [DefinitionFile<Loaded>]) {
    for file in files {
        let address = match &file.content {
            Ok(loaded) if loaded.definition.kind() != Kind::Resource => loaded.definition.address(),
            _ => continue,
        };
        if NAMES.contains(&address.value.as_str()) {
            let message = format!(
                "{} is the name of a built-in SQL tool: the server will not start with both once sql_tools.enabled is true",
                address.value
            );
            let mut problems = Problems::new();
            problems.warning(address.location, address.path, message);
            file.warnings.extend_from_slice(problems.warnings());
        }
    }
}

/// The definitions of the built-in SQL tools.
pub fn sql_tools(settings: &SqlToolsSettings) -> Vec<DefinitionFile<Loaded>> {
    let caller = Source::Caller {
        sees_external_token: settings.sees_external_token,
    };
    vec![
        definition(
            "execute_sql_query",
            EXECUTE_SQL_QUERY,
            settings.execute_sql_query.as_ref(),
            Some(caller),
        ),
        definition("list_tables", LIST_TABLES, settings.list_tables.as_ref(), None),
        definition(
            "get_table_schema",
            GET_TABLE_SCHEMA,
            settings.get_table_schema.as_ref(),
            None,
        ),
    ]
}

fn definition(
    name: &str,
    text: &str,
    description: Option<&String>,
    source: Option<Source>,
) -> DefinitionFile<Loaded> {
    let shown_as = format!("built-in {name}");
    let mut problems = Problems::new();
    let node = yaml::parse(&shown_as, text.as_bytes(), &mut problems);
    let read = node.and_then(|node| Definition::from_yaml(Item::root(&node, &mut problems)));
    let loaded = read.map(|definition| with_settings(definition, description, source));
    DefinitionFile::new(
        PathBuf::from(&shown_as),
        shown_as,
        (Some(Kind::Tool), Some(name.to_owned())),
        problems.into_result(loaded),
    )
}

fn with_settings(mut definition: Definition, description: Option<&String>, source: Option<Source>) -> Loaded {
    let mut sql = None;
    if let Definition::Tool(tool) = &mut definition {
        if let Some(description) = description {
            tool.description = Some(description.clone());
        }
        match (source, &tool.source) {
            (Some(source), _) => tool.source = source,
            (None, Source::Sql(SqlSource::Code(code))) => sql = Some(SqlText::of_code(code, Kind::Tool)),
            (None, Source::Sql(SqlSource::File(_)) | Source::Caller { .. }) => {}
        }
    }
    Loaded { definition, sql }
}
