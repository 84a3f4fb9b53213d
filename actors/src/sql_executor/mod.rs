//! The SqlExecutor: runs SQL on behalf of callers, fairly, within limits, and stops it when nobody wants it any more.
//!
//! | part | state | class |
//! |---|---|---|
//! | queue | waiting and running queries, by caller | ephemeral: answered on stop |
//! | workers | one session each, with its prepared statements | derivable: opened anew |
//! | deadlines | ends of the running queries | ephemeral |
//!
//! Nothing here is durable: what the database holds is the project's.
//!
//! A query goes: [`messages::RunQuery`] through the handle (bounded, so a full house answers at once) to the actor, which
//! puts it into its caller's queue; a worker thread takes turns among the callers, runs it in its session, and answers
//! the caller directly. Each query has one cancel token; a time limit, a client that went away, an operator and a
//! shutdown all trip it, and whoever trips it, the worker is free again within milliseconds. A query that DuckDB does not
//! stop is written off after a short grace: its caller is answered, and a new worker takes the place of the one that it holds.
//!
//! - [`engine`]: DuckDB behind a small interface.
//! - [`checker`]: statements are checked before they are called. [`admission`]: who is next. `places`: where queries run, and which are written off. `queue`: both behind a lock.
//!   `worker`: the threads, and `runner`: what they do. `cancel`: time limits. [`status`]: what an operator sees of it.

pub mod actor;
pub mod admission;
mod cancel;
pub mod checker;
pub mod engine;
pub mod messages;
mod places;
mod queue;
mod runner;
pub mod status;
#[cfg(test)]
mod tests;
pub mod value;
mod worker;
