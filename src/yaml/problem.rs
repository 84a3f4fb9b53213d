//! Mistakes in files: one [`Problem`], and the collector that lets a reader go on after the first. No parsing here.

use std::fmt;

use super::{KeyPath, Location};

/// What is wrong, and where. Prints as `file:line:column: path: message`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, line and column.
    pub location: Location,
    /// The dotted way to the value; empty for the file as a whole.
    pub path: KeyPath,
    /// What was wrong and what is accepted. Never a secret.
    pub message: String,
}

/// Collects errors and warnings while a file is read.
///
/// As an error type it stands for "at least one error": see [`Problems::into_result`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Problems {
    /// An empty collector.
    pub const fn new() -> Self {
        Self {
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Records something that makes the file unusable.
    pub fn error(&mut self, location: Location, path: KeyPath, message: impl Into<String>) {
        self.errors.push(Problem {
            location,
            path,
            message: message.into(),
        });
    }

    /// Records something that the operator should know and that does not stop the start.
    pub fn warning(&mut self, location: Location, path: KeyPath, message: impl Into<String>) {
        self.warnings.push(Problem {
            location,
            path,
            message: message.into(),
        });
    }

    /// Whether no error was recorded. Warnings do not count.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The number of errors.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// The errors in the order in which they were found.
    pub fn errors(&self) -> &[Problem] {
        &self.errors
    }

    /// The warnings in the order in which they were found.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Takes over what another collector found.
    pub fn append(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
    }

    /// The value and the warnings if there was no error, else everything that was found, by file and line.
    ///
    /// Readers answer `None` only after they reported an error. Should one break that rule, the answer is an error
    /// nevertheless, never a value made up.
    pub fn into_result<T>(mut self, value: Option<T>) -> Result<(T, Vec<Problem>), Self> {
        self.errors.sort();
        self.warnings.sort();
        match value {
            Some(value) if self.errors.is_empty() => Ok((value, self.warnings)),
            Some(_) => Err(self),
            None => {
                if self.errors.is_empty() {
                    let message = "could not be read, and the reader did not say why; please report this";
                    self.error(Location::whole("configuration"), KeyPath::root(), message);
                }
                Err(self)
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            write!(formatter, "{}: {}", self.location, self.message)
        } else {
            write!(formatter, "{}: {}: {}", self.location, self.path, self.message)
        }
    }
}

/// The errors, one a line.
impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.errors.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
impl std::error::Error for Problems {}
