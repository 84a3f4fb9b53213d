//! One reading of arguments: what is wrong so far, and how much has been read.

use super::error::{ArgumentError, ArgumentProblem};
use super::place::Place;

/// How many errors one call reports; a caller who made more mistakes made the same one again.
const MAXIMUM_ERRORS: usize = 20;

/// How many values one call may hold. A few bytes of JSON can stand for many values (an empty object for all declared
/// properties), so the size of the request is no bound.
pub(super) const MAXIMUM_VALUES: usize = 200_000;

/// The state of one reading.
#[derive(Debug, Default)]
pub(super) struct Reading {
    errors: Vec<ArgumentError>,
    values: usize,
}

impl Reading {
    /// Whether nothing more would be reported.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= MAXIMUM_ERRORS
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// Reports at a place. Answers `None`, so that a reader can end with it.
    pub(super) fn refuse<T>(&mut self, place: &Place<'_>, problem: ArgumentProblem) -> Option<T> {
        self.report(place, problem);
        None
    }

    /// Reports at a place.
    pub(super) fn report(&mut self, place: &Place<'_>, problem: ArgumentProblem) {
        if !self.is_full() {
            self.errors.push(ArgumentError {
                path: place.to_string(),
                problem,
            });
        }
    }

    /// Counts values that are about to be made; `None` after reporting if they are too many.
    pub(super) fn count(&mut self, values: usize, place: &Place<'_>) -> Option<()> {
        let is_first_beyond = self.values <= MAXIMUM_VALUES;
        self.values = self.values.saturating_add(values);
        match self.values <= MAXIMUM_VALUES {
            true => Some(()),
            false if is_first_beyond => self.refuse(place, ArgumentProblem::TooMany(MAXIMUM_VALUES)),
            false => None,
        }
    }

    /// Everything that is wrong.
    pub(super) fn into_errors(self) -> Vec<ArgumentError> {
        self.errors
    }
}
