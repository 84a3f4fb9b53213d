//! `mxcp-actor query`: one SQL statement on the project's database.

use std::fs;
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use mxcp_actors::sql_executor::engine::statement::Statement;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;

use super::console::{self, Verdict};
use super::parameters::{Parameter, Value, Values};
use super::project::ProjectFlags;
use super::{CommandError, Surroundings, table};
use crate::app::commands;
use crate::config::Flags;
use crate::endpoints::params::undeclared;

/// What `query` can be told.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("statement").required(true).args(["sql", "file"])))]
pub(super) struct Query {
    /// The statement.
    sql: Option<String>,

    /// A file that holds the statement.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// A value for $name: name=value, or name=@file.json for JSON from a file.
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = Parameter::parse)]
    parameters: Vec<Parameter>,

    #[command(flatten)]
    project: ProjectFlags,

    /// Opens the database for reading only.
    #[arg(long)]
    readonly: bool,

    /// Prints JSON.
    #[arg(long)]
    pub(super) json_output: bool,
}

impl Query {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let flags = Flags {
            readonly: self.readonly,
            ..Flags::default()
        };
        let config = self.project.load_with(surroundings, flags)?;
        let sql = self.statement(surroundings)?;
        let values = Values::read(&self.parameters, &surroundings.working_directory)?.each_once()?;
        let rows = commands::run_query(&config, &sql, |statement| typed(&values, statement))?;
        let rows: Box<RawValue> = serde_json::from_slice(&rows)?;
        match self.json_output {
            true => console::print_encoded(&rows)?,
            false => console::print(&table::of_rows(&rows).unwrap_or_default())?,
        }
        Ok(Verdict::Good)
    }

    fn statement(&self, surroundings: &Surroundings) -> Result<String, CommandError> {
        let Some(file) = &self.file else {
            return Ok(self.sql.clone().unwrap_or_default());
        };
        let read = fs::read_to_string(surroundings.working_directory.join(file));
        read.map_err(|source| CommandError::File {
            file: file.clone(),
            source,
        })
    }
}

/// The values, each as what the statement expects under its name.
fn typed(values: &Values, statement: &Statement) -> Vec<(String, SqlValue)> {
    let expected = |name: &str| {
        let parameter = statement
            .parameters()
            .iter()
            .find(|parameter| parameter.name == name);
        parameter.and_then(|parameter| parameter.data_type.as_ref())
    };
    let values = values.0.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => undeclared::of_text(text, expected(name)),
            Value::Json(json) => undeclared::of_json(json).unwrap_or(SqlValue::Null),
        };
        (name.clone(), value)
    });
    values.collect()
}
