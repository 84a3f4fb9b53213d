//! Checking statements before anybody calls them, each within a time.
//!
//! Preparing runs nothing of a statement, and still DuckDB may work on it for minutes: it computes what is constant and
//! expands macros, and mostly looks at no interrupt meanwhile. So statements are checked on a thread of their own, which is
//! left behind when it does not come back in time; it ends with its statement, or with the process.
//!
//! Must not live here: what is wrong with a statement, which is the engine's to say.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::engine::error::QueryError;
use super::engine::generation::Generation;
use super::engine::session::Session;
use super::engine::statement::{Declared, Statement};
use crate::domain::cancel::{CancelReason, CancelToken};

/// How long DuckDB may take to heed an interrupt before its thread is left behind.
const GRACE: Duration = Duration::from_millis(300);

/// Why a statement cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// DuckDB, or a rule of the server, refuses it.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// It is not known whether it can be used.
    #[error(
        "the statement was not planned within {} ms (limits.check_timeout_ms): DuckDB computes what is constant, and expands macros, while it plans; make \
         that smaller, or take it from a parameter or a table, which nothing is computed of before a call", .0.as_millis()
    )]
    TimeLimit(Duration),
    /// A defect.
    #[error("an internal error ended the check of the statement")]
    Crashed,
}

/// Checks statements on one database, one after the other.
pub struct Checker {
    generation: Arc<Generation>,
    limit: Duration,
    /// `None` after a thread was left behind, until it is needed again.
    desk: Option<Desk>,
}

/// A thread with a session. Dropped, it waits for the thread, so that the session is closed.
struct Desk {
    /// `None` while it is being dropped.
    statements: Option<Sender<Asked>>,
    /// `None` once it is left behind.
    thread: Option<JoinHandle<()>>,
}

/// One statement.
struct Asked {
    sql: String,
    declared: Vec<Declared>,
    cancel: CancelToken,
    answer: Sender<Result<Statement, QueryError>>,
}

impl Checker {
    /// Checks on `generation`, each statement for `limit` at most.
    pub fn new(generation: &Arc<Generation>, limit: Duration) -> Self {
        Self {
            generation: Arc::clone(generation),
            limit,
            desk: None,
        }
    }

    /// Checks a statement with its definition's parameters, as [`Statement::check`] does.
    pub fn check(&mut self, sql: &str, declared: &[Declared]) -> Result<Statement, CheckError> {
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => Desk::open(&self.generation)?,
        };
        let cancel = CancelToken::new();
        let (answer, answered) = mpsc::channel();
        desk.hand_in(Asked {
            sql: sql.to_owned(),
            declared: declared.to_vec(),
            cancel: cancel.clone(),
            answer,
        });
        match answered.recv_timeout(self.limit) {
            Ok(outcome) => {
                self.desk = Some(desk);
                Ok(outcome?)
            }
            Err(RecvTimeoutError::Timeout) => {
                cancel.cancel(CancelReason::TimeLimit(self.limit));
                self.desk = desk.after(&answered);
                Err(CheckError::TimeLimit(self.limit))
            }
            Err(RecvTimeoutError::Disconnected) => Err(CheckError::Crashed),
        }
    }
}

impl Desk {
    fn open(generation: &Arc<Generation>) -> Result<Self, CheckError> {
        let session = generation.checking_session()?;
        let (statements, asked) = mpsc::channel();
        let thread = thread::Builder::new().name("sql-checker".to_owned());
        let thread = thread.spawn(move || work(session, &asked));
        Ok(Self {
            statements: Some(statements),
            thread: Some(thread.map_err(|_| CheckError::Crashed)?),
        })
    }

    fn hand_in(&self, asked: Asked) {
        if let Some(statements) = &self.statements {
            // A thread that has ended answers nothing, which says enough.
            statements.send(asked).ok();
        }
    }

    /// Gives the thread a last moment to heed the interrupt, and leaves it behind if it does not.
    fn after(mut self, answered: &Receiver<Result<Statement, QueryError>>) -> Option<Self> {
        if let Err(RecvTimeoutError::Timeout) = answered.recv_timeout(GRACE) {
            self.thread = None;
            return None;
        }
        Some(self)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.statements = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("a thread that checks statements had panicked");
        }
    }
}

/// Checks statements until there are no more.
fn work(mut session: Session, asked: &Receiver<Asked>) {
    for Asked {
        sql,
        declared,
        cancel,
        answer,
    } in asked
    {
        session.stop_with(cancel);
        let outcome = Statement::check(&mut session, &sql, &declared);
        // Whoever has left this thread behind waits for nothing.
        answer.send(outcome).ok();
    }
}
