//! A prepared statement together with what it expects, read once and used at every run.

use super::bind;
use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::{PendingResult, PreparedStatement};
use super::statement_kind::StatementKind;
use super::uses;
use crate::sql_executor::value::SqlValue;

/// A parameter as the statement uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name without `$`; the position as a number for `?`.
    pub name: String,
    /// The type that DuckDB resolved, or `None` where the statement leaves it open.
    pub data_type: Option<DataType>,
}

/// A statement that is bound and planned.
pub(crate) struct Prepared {
    raw: PreparedStatement,
    parameters: Vec<Parameter>,
    /// What DuckDB calls each of the parameters.
    identifiers: Vec<String>,
}

impl Prepared {
    pub(super) fn new(raw: PreparedStatement) -> Self {
        let identifiers = raw.parameter_names();
        let parameters = identifiers
            .iter()
            .zip(1_u64..)
            .map(|(identifier, position)| Parameter {
                name: uses::parameter_of(identifier).to_owned(),
                data_type: raw.parameter_type(position),
            })
            .collect();
        Self {
            raw,
            parameters,
            identifiers,
        }
    }

    pub(super) fn kind(&self) -> StatementKind {
        self.raw.kind()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// What DuckDB calls the parameters, in their order.
    pub(super) fn identifiers(&self) -> &[String] {
        &self.identifiers
    }

    pub(super) fn columns(&self) -> Vec<(String, DataType)> {
        self.raw.columns()
    }

    /// Binds every parameter of the statement to the value of its name.
    pub(super) fn bind(&mut self, values: &[(String, SqlValue)]) -> Result<(), QueryError> {
        // With one type open DuckDB binds the statement anew, and takes the type of each parameter from its value.
        let is_open = self
            .parameters
            .iter()
            .any(|parameter| parameter.data_type.is_none());
        for (parameter, position) in self.parameters.iter().zip(1_u64..) {
            let refuse = |message: String| QueryError::Parameter {
                parameter: parameter.name.clone(),
                message,
            };
            let (_, value) = values
                .iter()
                .find(|(name, _)| *name == parameter.name)
                .ok_or_else(|| refuse("no value was given".to_owned()))?;
            // What a duration is, an interval or a text, is only for the statement to say.
            let is_text =
                parameter.data_type == Some(DataType::Varchar) && matches!(value, SqlValue::Duration(_));
            let expected = parameter.data_type.as_ref().filter(|_| !is_open || is_text);
            let converted = bind::convert(value, expected).map_err(|error| refuse(error.to_string()))?;
            self.raw.bind(position, &converted)?;
        }
        Ok(())
    }

    pub(super) fn clear_bindings(&mut self) {
        self.raw.clear_bindings();
    }

    pub(super) fn start(&mut self) -> Result<PendingResult<'_>, QueryError> {
        Ok(self.raw.start()?)
    }
}
