//! Starts the actors in dependency order, hands out the means to ask them, sweeps, and stops them in order.
//!
//! No actor knows another one; whoever composes them does it through [`Actors`].

pub mod settings;
mod start;
mod sweeper;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::auth_code_store::actor::AuthCodeStore;
use crate::blocking::BlockingPool;
use crate::client_registry::actor::ClientRegistry;
use crate::domain::key_ring::KeyId;
use crate::domain::password::PasswordError;
use crate::domain::randomness::RandomnessUnavailable;
use crate::error::CallError;
use crate::handle::{Handle, HandleStatus};
use crate::outbound::NoCertificates;
use crate::provider_broker::actor::ProviderBroker;
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::releases::Releases;
use crate::session_registry::SessionRegistryHandle;
use crate::session_registry::actor::RunningSessionRegistry;
use crate::sql_executor::actor::{RunningSqlExecutor, SqlExecutor, SqlExecutors};
use crate::sql_executor::status::SqlMonitor;
use crate::store::StoreError;
use crate::token_store::TokenStoreHandle;

pub use settings::{ActorsSettings, LoginSettings, Surroundings};
use sweeper::Sweeper;
pub use sweeper::{SweepMonitor, SweptTotals, sweep};

/// The means to ask every actor. Clones ask the same ones, from any thread.
#[derive(Clone)]
pub struct Actors {
    /// Who may ask for tokens.
    pub clients: Handle<ClientRegistry>,
    /// Authorization codes.
    pub codes: Handle<AuthCodeStore>,
    /// Grants and tokens.
    pub tokens: TokenStoreHandle,
    /// Logins, consents and browser sessions.
    pub broker: Handle<ProviderBroker>,
    /// Sessions of the protocol's legacy revisions.
    pub sessions: SessionRegistryHandle,
    /// Whether the outside provider answers; `None` if users log in here.
    pub provider: Option<Arc<ProviderHealth>>,
    /// Tokens on their way back to that provider.
    pub releases: Option<Releases>,
    /// SQL; `None` if no database is served.
    pub sql: Option<Handle<SqlExecutor>>,
}

impl Actors {
    /// The counters of every actor, for metrics and for the admin page.
    #[must_use]
    pub fn status(&self) -> Vec<HandleStatus> {
        let mut status = vec![
            self.clients.status(),
            self.codes.status(),
            self.tokens.status(),
            self.broker.status(),
            self.sessions.status(),
        ];
        status.extend(self.sql.as_ref().map(Handle::status));
        status
    }
}

/// Why the actors do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store holds things that nobody could read or verify.
    #[error(
        "the store was filled with keys that are not configured: {}; configure each as the current or a previous key",
        .missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    KeysMissing {
        /// The keys' identifiers.
        missing: Vec<KeyId>,
    },
    /// The store does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other servers cannot be called.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    /// Passwords cannot be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The runtime is ending, or a start crashed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The started actors, with the means to stop them.
pub struct RunningActors {
    /// The means to ask them.
    pub actors: Actors,
    pools: Pools,
    sessions: RunningSessionRegistry,
    sql: Option<RunningSqlExecutor>,
    sweeper: Sweeper,
    patience: Duration,
}

/// Where the actors' blocking work runs: a pool each, so that a flood at one does not starve another.
struct Pools {
    clients: BlockingPool,
    codes: BlockingPool,
    tokens: BlockingPool,
    broker: BlockingPool,
    /// `None` if users log in elsewhere.
    passwords: Option<BlockingPool>,
}

impl RunningActors {
    /// Looks at the pools that the actors' blocking work runs in.
    #[must_use]
    pub fn pools(&self) -> Vec<BlockingPool> {
        let Pools {
            clients,
            codes,
            tokens,
            broker,
            passwords,
        } = &self.pools;
        let pools = [clients, codes, tokens, broker, self.sessions.pool()]
            .into_iter()
            .chain(passwords);
        pools.cloned().collect()
    }

    /// The executor's actors, if SQL is run.
    #[must_use]
    pub fn sql_executors(&self) -> Option<SqlExecutors> {
        self.sql.as_ref().map(|running| running.executors.clone())
    }

    /// Looks at the executor of SQL, if there is one.
    #[must_use]
    pub fn sql_monitor(&self) -> Option<SqlMonitor> {
        self.sql.as_ref().map(RunningSqlExecutor::monitor)
    }

    /// Looks at what has been swept.
    #[must_use]
    pub fn sweep_monitor(&self) -> SweepMonitor {
        self.sweeper.monitor()
    }

    /// Takes no more queries, answers those that wait, and stops those that run. Everything else goes on.
    pub fn interrupt_queries(&self) {
        if let Some(sql) = &self.sql {
            sql.interrupt();
        }
    }

    /// Stops everything, in the order opposite to starting: nothing is swept any more, queries are cancelled, and each
    /// actor takes no more calls and finishes those that it took. Who waits behind these is answered
    /// [`CallError::Stopped`], and so is who asks later.
    ///
    /// Waits for the calls that are under way for as long as their callers do, and no longer.
    pub async fn stop(self) {
        self.sweeper.stop().await;
        if let Some(sql) = self.sql
            && tokio::task::spawn_blocking(|| sql.stop()).await.is_err()
        {
            log::error!("stopping the SQL workers failed");
        }
        let (actors, pools) = (self.actors, self.pools);
        let order = async {
            self.sessions.stop().await;
            actors.broker.stop().await;
            if let Some(passwords) = pools.passwords {
                passwords.drain().await;
            }
            pools.broker.drain().await;
            actors.tokens.stop().await;
            pools.tokens.drain().await;
            actors.codes.stop().await;
            pools.codes.drain().await;
            actors.clients.stop().await;
            pools.clients.drain().await;
        };
        if tokio::time::timeout(self.patience, order).await.is_err() {
            log::warn!("some calls to the store were still under way when the server stopped");
        }
    }
}
