//! Where a piece of a file stands. No file access here.

use std::fmt;
use std::sync::Arc;

/// A place inside a text. Lines and columns start at 1; a column counts characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
}

/// A file, or another source such as the environment, and the place in it.
///
/// Prints as `config.yml:12:5`, or as the bare source where there is no position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    source: Arc<str>,
    position: Option<Position>,
}

impl Location {
    /// A place inside `source`.
    pub fn new(source: &Arc<str>, position: Position) -> Self {
        Self {
            source: Arc::clone(source),
            position: Some(position),
        }
    }

    /// The source as a whole: a file that cannot be read, an environment variable, the command line.
    pub fn whole(source: &str) -> Self {
        Self {
            source: Arc::from(source),
            position: None,
        }
    }

    /// The file name as it was given to the parser, or the name of the other source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Line and column, unless this is the source as a whole.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.source)?;
        match self.position {
            Some(position) => write!(formatter, ":{position}"),
            None => Ok(()),
        }
    }
}
