//! One attempt to log in, put together from the audit log: what happened, how it ended, and what an operator does next.
//!
//! * [`mod@reference`]: what somebody may ask by. [`mod@search`]: which records belong to it, in two passes over the log, in
//!   bounded memory. `assembly`: what is shown of them. [`mod@line`]: a record as a step. [`verdict`]: how it ended.
//!
//! What is exactly of the attempt and what is probably of the same client are told apart. Must not live here: secrets, which
//! the log has none of; printing, which is the command's and the admin listener's.

mod assembly;
pub mod line;
pub mod reference;
pub mod search;
pub mod verdict;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mxcp_actors::audit_logger::reading::{ReadError, Skipped};
use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::error::CallError;
use serde::Serialize;

use self::line::Line;
use self::reference::Reference;
use self::search::{Bounds, search};
use self::verdict::Verdict;

/// An attempt to log in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flow {
    /// What was asked by.
    pub reference: String,
    /// The attempt's own name, if it has one.
    pub attempt_id: Option<String>,
    /// What came of it.
    pub grant_id: Option<String>,
    /// The client that wanted access.
    pub client_id: Option<String>,
    /// What it calls itself.
    pub client_name: Option<String>,
    /// Who logged in.
    pub user: Option<String>,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// From its first step to its last, in milliseconds.
    pub duration_ms: u64,
    /// What happened, the oldest first.
    pub lines: Vec<Line>,
    /// What else there is to know about this answer.
    pub notes: Vec<String>,
    /// What was passed over in the log.
    #[serde(skip)]
    pub skipped: Skipped,
}

/// Why there is no attempt to show.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Nothing can be asked by this.
    #[error(
        "this is no reference: expected what an error page, /account, a log line or X-Request-Id shows, at most {most} characters"
    )]
    NoReference {
        /// Characters.
        most: usize,
    },
    /// The log has nothing about it.
    #[error("no audit record names {reference:?}{}", searched(oldest.as_ref(), *is_cut))]
    Unknown {
        /// What was asked by.
        reference: String,
        /// The oldest record that was looked at.
        oldest: Option<Timestamp>,
        /// Whether there are older ones.
        is_cut: bool,
    },
    /// Nothing is recorded.
    #[error("audit.enabled is false, so there is no audit log to look into")]
    AuditOff,
    /// A folder with other replicas' files is not there.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another search is under way.
    #[error("the search cannot be made now: {0}")]
    Busy(#[from] CallError),
}

fn searched(oldest: Option<&Timestamp>, is_cut: bool) -> String {
    match oldest {
        None => ": there are no records yet".to_owned(),
        Some(oldest) if is_cut => format!(
            " among those since {oldest}, and older ones were not looked at; `mxcp-actor auth flow` looks at all of them"
        ),
        Some(oldest) => format!(
            ". The oldest record that is kept is of {oldest}: what is older was deleted. A request that was answered without a \
             record, such as a list of tools or one turned away with 429, is in the server's log alone, as request=…; other \
             replicas have logs of their own"
        ),
    }
}

/// Where records are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// The names that segments are derived from, one for each folder.
    bases: Vec<PathBuf>,
}

impl Logs {
    /// This project's log, and files of other replicas in further folders, which are named alike.
    pub fn new(base: &Path, folders: &[PathBuf]) -> Result<Self, FlowError> {
        let mut bases = vec![base.to_owned()];
        for folder in folders {
            if !folder.is_dir() {
                return Err(FlowError::NoFolder(folder.clone()));
            }
            bases.push(folder.join(base.file_name().unwrap_or_default()));
        }
        Ok(Self { bases })
    }

    /// Puts an attempt together. Reads files, which can take seconds.
    pub fn find(&self, reference: &str, bounds: Bounds) -> Result<Flow, FlowError> {
        search(&self.bases, &Reference::parse(reference)?, bounds)
    }
}

/// The attempts that the admin listener answers for: one search at a time, within the newest records.
pub struct Flows {
    logs: Option<Logs>,
    pool: BlockingPool,
}

/// So many of the newest records the admin listener looks at: some seconds.
const MOST_RECORDS: usize = 1_000_000;

impl Flows {
    /// For the log of this process; `None` where nothing is recorded.
    pub fn new(base: Option<&Path>) -> Self {
        let pool = BlockingPool::new(BlockingSettings {
            name: "login attempts",
            running: NonZeroU32::MIN,
            waiting: 4,
            retry_after: Duration::from_secs(1),
        });
        let logs = base.map(|base| Logs {
            bases: vec![base.to_owned()],
        });
        Self { logs, pool }
    }

    /// Puts an attempt together.
    pub async fn find(&self, reference: &str, now: Timestamp) -> Result<Flow, FlowError> {
        let logs = self.logs.clone().ok_or(FlowError::AuditOff)?;
        let reference = reference.to_owned();
        let bounds = Bounds {
            now,
            most_records: MOST_RECORDS,
        };
        self.pool.run(move || logs.find(&reference, bounds)).await?
    }
}
