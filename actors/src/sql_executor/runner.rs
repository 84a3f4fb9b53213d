//! What a worker does with a query: the seam between the threads and the engine.

use std::sync::Arc;

use super::engine::error::QueryError;
use super::engine::generation::Generation;
use super::engine::session::{EncodedResult, Query, Session, Source};
use super::messages::{QueryText, RunQuery};

/// Runs one query at a time in a session that a worker keeps between queries.
pub(super) trait Runner: Send + Sync + 'static {
    /// What is kept between queries.
    type Session: Send;

    /// Runs the query in `session`, or in a new one, and hands the session on if the next caller may have it.
    fn run(&self, query: &RunQuery, session: Option<Self::Session>) -> Run<Self::Session>;
}

/// What became of a run.
pub(super) struct Run<S> {
    /// The answer, or why there is none.
    pub(super) result: Result<EncodedResult, QueryError>,
    /// The session, unless the query may have left something in it.
    pub(super) session: Option<S>,
}

/// Runs queries on one database.
pub(super) struct DuckdbRunner {
    pub(super) generation: Arc<Generation>,
}

impl Runner for DuckdbRunner {
    type Session = Session;

    fn run(&self, query: &RunQuery, session: Option<Session>) -> Run<Session> {
        let mut session = match session.map_or_else(|| self.generation.session(), Ok) {
            Ok(session) => session,
            Err(error) => {
                return Run {
                    result: Err(error),
                    session: None,
                };
            }
        };
        let cancel = &query.context.cancel;
        let source = match &query.statement {
            QueryText::Owner(statement) => Source::Owner(statement),
            QueryText::Caller(sql) => Source::Caller(sql),
        };
        let run = Query {
            source,
            parameters: &query.parameters,
            caller: Arc::clone(&query.caller),
            plan: &query.plan,
            limits: query.limits.result,
        };
        let result = session.run(&run, cancel);
        let session = session.is_clean().then_some(session);
        Run { result, session }
    }
}
