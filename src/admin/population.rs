//! How many clients, grants and legacy sessions there are. The store counts them, so it is asked seldom.

use std::time::{Duration, Instant};

use mxcp_actors::client_registry::CountClients;
use mxcp_actors::error::CallError;
use mxcp_actors::session_registry::CountSessions;
use mxcp_actors::store::StoreError;
use mxcp_actors::system::Actors;
use mxcp_actors::token_store::CountGrants;
use tokio::sync::Mutex;

/// How long a count may be told again: counting reads a whole table.
const FRESH_FOR: Duration = Duration::from_secs(15);
/// How long an operator waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was counted; `None` if the store did not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Clients that registered themselves.
    pub clients: Option<u64>,
    /// Grants that have not ended.
    pub grants: Option<u64>,
    /// Legacy sessions, on all replicas.
    pub sessions: Option<u64>,
}

/// Counts clients, grants and sessions, one question at a time.
#[derive(Default)]
pub struct Population {
    latest: Mutex<Option<(Instant, Counted)>>,
}

/// Why there is no count.
#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Population {
    /// The counts, at most some seconds old.
    pub async fn count(&self, actors: &Actors) -> Counted {
        let mut latest = self.latest.lock().await;
        match *latest {
            Some((at, counted)) if at.elapsed() < FRESH_FOR => return counted,
            _ => {}
        }
        let counted = Counted {
            clients: within("clients", async { Ok(actors.clients.ask(CountClients).await??) }).await,
            grants: within("grants", async { Ok(actors.tokens.ask(CountGrants).await??) }).await,
            sessions: within("sessions", async {
                Ok(actors.sessions.ask(CountSessions).await??)
            })
            .await,
        };
        *latest = Some((Instant::now(), counted));
        counted
    }
}

async fn within(what: &str, count: impl Future<Output = Result<u64, CountError>>) -> Option<u64> {
    match tokio::time::timeout(PATIENCE, count).await {
        Ok(Ok(count)) => Some(count),
        Ok(Err(error)) => {
            log::warn!("{what} could not be counted: {error}");
            None
        }
        Err(_) => {
            log::warn!("{what} were not counted within {} s", PATIENCE.as_secs());
            None
        }
    }
}
