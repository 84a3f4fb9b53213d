//! A prepared statement together with what it expects, read once and used at every run.

use super::bind;
use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::{PendingResult, PreparedStatement, StatementKind};
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
}

impl Prepared {
    pub(super) fn new(raw: PreparedStatement) -> Self {
        let parameters = raw
            .parameter_names()
            .into_iter()
            .zip(1_u64..)
            .map(|(name, position)| Parameter {
                name,
                data_type: raw.parameter_type(position),
            })
            .collect();
        Self { raw, parameters }
    }

    pub(super) fn kind(&self) -> StatementKind {
        self.raw.kind()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    pub(super) fn columns(&self) -> Vec<(String, DataType)> {
        self.raw.columns()
    }

    /// Binds every parameter of the statement to the value of its name.
    pub(super) fn bind(&mut self, values: &[(String, SqlValue)]) -> Result<(), QueryError> {
        for (parameter, position) in self.parameters.iter().zip(1_u64..) {
            let refuse = |message: String| QueryError::Parameter {
                parameter: parameter.name.clone(),
                message,
            };
            let (_, value) = values
                .iter()
                .find(|(name, _)| *name == parameter.name)
                .ok_or_else(|| refuse("no value was given".to_owned()))?;
            let converted = bind::convert(value, parameter.data_type.as_ref())
                .map_err(|error| refuse(error.to_string()))?;
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
