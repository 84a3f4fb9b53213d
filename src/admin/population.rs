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

/// Counts clients, grants and sessions, for one operator at a time.
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
        let counted = all_at_once(
            async { Ok(actors.clients.ask(CountClients).await??) },
            async { Ok(actors.tokens.ask(CountGrants).await??) },
            async { Ok(actors.sessions.ask(CountSessions).await??) },
        )
        .await;
        *latest = Some((Instant::now(), counted));
        counted
    }
}

/// A store that does not answer costs the patience for one count, not for three.
async fn all_at_once(
    clients: impl Future<Output = Result<u64, CountError>>,
    grants: impl Future<Output = Result<u64, CountError>>,
    sessions: impl Future<Output = Result<u64, CountError>>,
) -> Counted {
    let (clients, grants, sessions) = tokio::join!(
        within("clients", clients),
        within("grants", grants),
        within("sessions", sessions)
    );
    Counted {
        clients,
        grants,
        sessions,
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

#[cfg(test)]
mod tests {
    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test]
    async fn no_count_waits_for_another() {
        let all_were_asked = Barrier::new(3);
        let count = async |number: u64| {
            all_were_asked.wait().await;
            Ok(number)
        };
        let counted = all_at_once(count(1), count(2), count(3)).await;
        let expected = Counted {
            clients: Some(1),
            grants: Some(2),
            sessions: Some(3),
        };
        assert_eq!(counted, expected);
    }
}
