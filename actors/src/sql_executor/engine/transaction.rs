//! A statement that writes or defines, in a transaction of its own: a call that is answered with an error has changed
//! nothing.
//!
//! Without one, DuckDB commits when the last row of `RETURNING` was made, before anybody has looked whether the rows have
//! the declared shape or keep to the limits; and a definition is there before anybody has looked at its name.

use super::error::QueryError;
use super::ffi::DuckdbErrorKind;
use super::prepared::Prepared;
use super::read::EncodedResult;
use super::session::{Query, Session, reserved_name};
use crate::domain::cancel::CancelToken;

/// Runs of one statement at most. Two callers who write one row at a time collide now and then, and the one who lost has
/// changed nothing and can begin again; who loses this often meets a queue of writers, and should be told.
const MOST_RUNS: usize = 10;

impl Session {
    /// Runs a statement that writes, and commits only if all of its answer could be read.
    pub(super) fn write(
        &mut self,
        prepared: &mut Prepared,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        let mut run = || self.in_transaction(cancel, |session| session.answer(prepared, query, cancel));
        let mut outcome = run();
        for _ in 1..MOST_RUNS {
            match &outcome {
                Err(QueryError::Duckdb(error)) if error.kind() == DuckdbErrorKind::Conflict => {
                    outcome = run();
                }
                _ => break,
            }
        }
        outcome
    }

    /// Runs a statement that defines something, and commits only if it takes none of the server's names: one that stayed
    /// would keep the database from being opened again.
    pub(super) fn define(
        &mut self,
        prepared: &mut Prepared,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        self.in_transaction(cancel, |session| {
            let answer = session.answer(prepared, query, cancel)?;
            session.refuse_reserved_names().map_err(reserved_name)?;
            Ok(answer)
        })
    }

    fn in_transaction(
        &mut self,
        cancel: &CancelToken,
        run: impl FnOnce(&mut Self) -> Result<EncodedResult, QueryError>,
    ) -> Result<EncodedResult, QueryError> {
        self.administer("BEGIN TRANSACTION")?;
        // Whoever cancels from here on comes too late, and learns it from the token: the caller of a commit that takes long must
        // not be told that the call has ended without effect.
        let ready = run(self).and_then(|answer| Ok((answer, cancel.seal()?)));
        let (answer, ended) = match ready {
            Ok((answer, sealed)) => match self.administer("COMMIT") {
                Ok(()) => {
                    sealed.took_effect();
                    (Ok(answer), true)
                }
                Err(error) => (Err(error), false),
            },
            Err(error) => (Err(error), self.administer("ROLLBACK").is_ok()),
        };
        if !ended {
            // A transaction that may still be open must not meet the next caller.
            self.set_aside();
        }
        answer
    }
}
