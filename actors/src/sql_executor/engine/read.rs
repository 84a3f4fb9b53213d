//! A streaming result to encoded JSON: the plan and the limits are applied here, row by row.

use super::data_type::DataType;
use super::encode::{self, EncodeError};
use super::error::QueryError;
use super::ffi::{DataChunk, StreamingResult, Vector};
use super::limits::{LimitExceeded, ResultLimits};
use super::plan::{MASK, OutputPlan, ResultShape, ShapeError, Treatment};
use crate::domain::cancel::CancelToken;

/// An answer, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedResult {
    /// One JSON value in the shape of the plan.
    pub json: Vec<u8>,
    /// How many rows the statement produced.
    pub rows: u64,
}

/// One column that goes out.
struct Column {
    /// Its place in the chunk.
    index: usize,
    /// The object key with its colon, already encoded.
    key: Vec<u8>,
    name: String,
    data_type: DataType,
    masked: bool,
}

/// Reads the whole result, or stops at the first limit, cancellation or value without a form.
pub(super) fn encode(
    result: &mut StreamingResult<'_>,
    plan: &OutputPlan,
    limits: ResultLimits,
    cancel: &CancelToken,
) -> Result<EncodedResult, QueryError> {
    let columns = columns(result.columns(), plan)?;
    let mut reader = Reader {
        shape: plan.shape,
        columns,
        limits,
        json: Vec::with_capacity(256),
        rows: 0,
    };
    reader.open()?;
    loop {
        cancel.check()?;
        let Some(chunk) = result.next_chunk()? else { break };
        if chunk.row_count() == 0 {
            break;
        }
        reader.chunk(&chunk)?;
    }
    reader.close()
}

fn columns(described: Vec<(String, DataType)>, plan: &OutputPlan) -> Result<Vec<Column>, QueryError> {
    let mut taken = Vec::<String>::with_capacity(described.len());
    let mut columns = Vec::with_capacity(described.len());
    for (index, (name, data_type)) in described.into_iter().enumerate() {
        let key_name = distinct(&name, &taken);
        // A column that had to get another key is hidden by either name: who hides `a` means every column `a`.
        let treatment = plan.treatment(&name).max(plan.treatment(&key_name));
        taken.push(key_name.clone());
        if treatment == Treatment::Drop {
            continue;
        }
        encode::check(&data_type).map_err(|source| no_form(&name, source))?;
        let mut key = Vec::with_capacity(key_name.len() + 3);
        encode::write_text(&mut key, key_name.as_bytes());
        key.push(b':');
        columns.push(Column {
            index,
            key,
            name,
            data_type,
            masked: treatment == Treatment::Mask,
        });
    }
    Ok(columns)
}

/// JSON keys must differ: a name that came before gets `_1`, `_2`, … as MXCP does.
fn distinct(name: &str, taken: &[String]) -> String {
    let mut candidate = name.to_owned();
    let mut number = 0_u64;
    while taken.contains(&candidate) {
        number += 1;
        candidate = format!("{name}_{number}");
    }
    candidate
}

fn no_form(column: &str, source: EncodeError) -> QueryError {
    QueryError::Encode {
        column: column.to_owned(),
        source,
    }
}

struct Reader {
    shape: ResultShape,
    columns: Vec<Column>,
    limits: ResultLimits,
    json: Vec<u8>,
    rows: u64,
}

impl Reader {
    fn open(&mut self) -> Result<(), QueryError> {
        match self.shape {
            ResultShape::Values | ResultShape::SingleValue if self.columns.len() != 1 => {
                return Err(ShapeError::SeveralColumns(self.columns.len()).into());
            }
            ResultShape::Rows | ResultShape::Values => self.json.push(b'['),
            ResultShape::SingleRow | ResultShape::SingleValue => {}
        }
        Ok(())
    }

    fn chunk(&mut self, chunk: &DataChunk) -> Result<(), QueryError> {
        let vectors: Vec<Option<Vector<'_>>> = self
            .columns
            .iter()
            .map(|column| chunk.column(column.index))
            .collect();
        for row in 0..chunk.row_count() {
            self.rows += 1;
            self.check_count()?;
            self.row(&vectors, row)?;
            self.limits.check(self.rows, self.json.len())?;
        }
        Ok(())
    }

    /// Whether one row is the most that may come.
    fn is_single(&self) -> bool {
        matches!(self.shape, ResultShape::SingleRow | ResultShape::SingleValue)
    }

    /// Before a row is encoded: a single row must be the only one, and the row limit must not be passed.
    fn check_count(&self) -> Result<(), QueryError> {
        if self.is_single() && self.rows > 1 {
            return Err(ShapeError::SeveralRows.into());
        }
        Ok(self.limits.check(self.rows, 0)?)
    }

    fn row(&mut self, vectors: &[Option<Vector<'_>>], row: usize) -> Result<(), QueryError> {
        if !self.is_single() && self.rows > 1 {
            self.json.push(b',');
        }
        if matches!(self.shape, ResultShape::Values | ResultShape::SingleValue) {
            return match (self.columns.first(), vectors.first()) {
                (Some(column), Some(vector)) => {
                    write_cell(&mut self.json, column, vector.as_ref(), row, &self.limits)
                }
                _ => Err(ShapeError::SeveralColumns(0).into()),
            };
        }
        self.json.push(b'{');
        for (position, (column, vector)) in self.columns.iter().zip(vectors).enumerate() {
            if position > 0 {
                self.json.push(b',');
            }
            self.json.extend_from_slice(&column.key);
            write_cell(&mut self.json, column, vector.as_ref(), row, &self.limits)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    fn close(mut self) -> Result<EncodedResult, QueryError> {
        match self.shape {
            ResultShape::Rows | ResultShape::Values => self.json.push(b']'),
            ResultShape::SingleRow | ResultShape::SingleValue if self.rows == 0 => {
                return Err(ShapeError::NoRow.into());
            }
            ResultShape::SingleRow | ResultShape::SingleValue => {}
        }
        Ok(EncodedResult {
            json: self.json,
            rows: self.rows,
        })
    }
}

fn write_cell(
    json: &mut Vec<u8>,
    column: &Column,
    vector: Option<&Vector<'_>>,
    row: usize,
    limits: &ResultLimits,
) -> Result<(), QueryError> {
    match vector {
        _ if column.masked => json.extend_from_slice(MASK.as_bytes()),
        Some(vector) => {
            let written = encode::write_value(json, &column.data_type, vector, row, limits.most_bytes());
            written.map_err(|source| match source {
                EncodeError::TooLarge => LimitExceeded::Bytes(limits.max_result_bytes).into(),
                source => no_form(&column.name, source),
            })?;
        }
        None => json.extend_from_slice(b"null"),
    }
    Ok(())
}
