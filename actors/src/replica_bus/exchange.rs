//! The place where replicas leave messages for each other, as the bus needs it. PostgreSQL's is in `store/diesel`.

use crate::domain::clock::Timestamp;

/// A place that several replicas reach.
pub trait Exchange: Send + Sync + 'static {
    /// Opens a line to it for the replica of this name, which does not hear what it says itself. Blocks.
    fn connect(&self, replica: &str) -> Result<Box<dyn Line>, LineLost>;
}

/// An open line. Whatever is said by others from the moment of its opening on is received.
pub trait Line: Send {
    /// Tells the others. Blocks until the exchange has it.
    fn say(&mut self, texts: &[String], now: Timestamp) -> Result<(), LineLost>;

    /// What others have said since the last call. Does not wait for anything to come.
    fn receive(&mut self) -> Result<Vec<String>, LineLost>;

    /// Deletes what was said at or before this moment. One replica does it at a time.
    fn forget(&mut self, until: Timestamp) -> Result<(), LineLost>;
}

/// The line is of no use any more, or could not be opened; why, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineLost(pub String);
