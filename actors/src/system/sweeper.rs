//! Forgets what is over, at intervals, by asking each actor to. A task of its own, since an actor's timers starve while
//! messages wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Actors;
use crate::auth_code_store::SweepCodes;
use crate::client_registry::SweepClients;
use crate::domain::grant::{Grant, GrantId};
use crate::error::CallError;
use crate::provider_broker::errors::UpstreamError;
use crate::provider_broker::messages::{LoginSweep, RevokeUpstreamTokens, SweepLogins};
use crate::provider_broker::releases::Released;
use crate::session_registry::SweepSessions;
use crate::store::StoreError;
use crate::token_store::{SweepTokens, TakeUpstreamTokens};

/// The most of each kind that one message deletes, so that no transaction holds others up for long.
const MOST: u32 = 1_000;
/// The most messages of one kind in one sweep, so that a sweep ends.
const ROUNDS: u32 = 50;

/// An interval of zero would sweep and do nothing else.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// What one sweep found to be over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweptTotals {
    /// Registrations that lapsed.
    pub clients: u64,
    /// Codes.
    pub codes: u64,
    /// Grants that were ended.
    pub ended_grants: u64,
    /// Ended grants that were deleted.
    pub deleted_grants: u64,
    /// Tokens.
    pub tokens: u64,
    /// Identifiers of what was used once.
    pub identifiers: u64,
    /// Sessions of the protocol's legacy revisions.
    pub sessions: u64,
    /// Pages, logins, browser sessions and consents.
    pub logins: LoginSweep,
    /// Actors that could not be swept this time; the log says why.
    pub failures: u64,
}

impl SweptTotals {
    /// How many of each kind, by the word that stands for it in metrics.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u64); 11] {
        [
            ("clients", self.clients),
            ("codes", self.codes),
            ("ended_grants", self.ended_grants),
            ("deleted_grants", self.deleted_grants),
            ("tokens", self.tokens),
            ("identifiers", self.identifiers),
            ("sessions", self.sessions),
            ("interactions", self.logins.interactions),
            ("pending_logins", self.logins.pending_logins),
            ("browser_sessions", self.logins.browser_sessions),
            ("consents", self.logins.consents),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.clients += other.clients;
        self.codes += other.codes;
        self.ended_grants += other.ended_grants;
        self.deleted_grants += other.deleted_grants;
        self.tokens += other.tokens;
        self.identifiers += other.identifiers;
        self.sessions += other.sessions;
        self.logins.interactions += other.logins.interactions;
        self.logins.pending_logins += other.logins.pending_logins;
        self.logins.browser_sessions += other.logins.browser_sessions;
        self.logins.consents += other.logins.consents;
        self.failures += other.failures;
    }
}

/// What the sweeps of this process have found since its start.
#[derive(Clone, Debug, Default)]
pub struct SweepMonitor(Arc<Mutex<SweptTotals>>);

impl SweepMonitor {
    /// All of it.
    #[must_use]
    pub fn totals(&self) -> SweptTotals {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, totals: &SweptTotals) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(totals);
    }
}

/// Sweeps once. What one actor cannot do now does not keep the others from it.
pub async fn sweep(actors: &Actors) -> SweptTotals {
    let mut totals = SweptTotals::default();
    let outcomes = [
        sweep_clients(actors, &mut totals).await,
        sweep_codes(actors, &mut totals).await,
        sweep_logins(actors, &mut totals).await,
        sweep_sessions(actors, &mut totals).await,
        // Last, since a provider is told, and a provider may be slow.
        sweep_tokens(actors, &mut totals).await,
    ];
    for error in outcomes.into_iter().filter_map(Result::err) {
        log::warn!("a sweep was cut short: {error}");
        totals.failures += 1;
    }
    totals
}

/// Why a sweep was cut short.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const fn is_full(count: u64) -> bool {
    count >= MOST as u64
}

async fn sweep_clients(actors: &Actors, totals: &mut SweptTotals) -> Result<(), SweepError> {
    for _ in 0..ROUNDS {
        let deleted = actors.clients.ask(SweepClients { most: MOST }).await??;
        totals.clients += deleted;
        if !is_full(deleted) {
            break;
        }
    }
    Ok(())
}

async fn sweep_codes(actors: &Actors, totals: &mut SweptTotals) -> Result<(), SweepError> {
    for _ in 0..ROUNDS {
        let deleted = actors.codes.ask(SweepCodes { most: MOST }).await??;
        totals.codes += deleted;
        if !is_full(deleted) {
            break;
        }
    }
    Ok(())
}

async fn sweep_tokens(actors: &Actors, totals: &mut SweptTotals) -> Result<(), SweepError> {
    let mut provider = Courtesy::default();
    for _ in 0..ROUNDS {
        let swept = actors.tokens.ask(SweepTokens { most: MOST }).await??;
        let ended = swept.ended_grants.len() as u64;
        totals.ended_grants += ended;
        totals.deleted_grants += swept.deleted_grants;
        totals.tokens += swept.deleted_tokens;
        totals.identifiers += swept.deleted_identifiers;
        for grant in swept.ended_grants {
            provider.tell(actors, grant).await;
        }
        let swept = [
            ended,
            swept.deleted_grants,
            swept.deleted_tokens,
            swept.deleted_identifiers,
        ];
        if !swept.into_iter().any(is_full) {
            break;
        }
    }
    provider.say_what_was_not_told();
    Ok(())
}

/// What the provider is told of grants that have ended here, whatever it answers. One that cannot be asked is left alone for
/// the rest of the sweep: a thousand grants would take its time limit a thousand times, and nothing else would be swept.
#[derive(Default)]
struct Courtesy {
    is_out_of_order: bool,
    not_told: u64,
}

impl Courtesy {
    async fn tell(&mut self, actors: &Actors, grant: Grant) {
        if grant.upstream_tokens.is_none() {
            return;
        }
        if self.is_out_of_order {
            return self.forget(actors, grant.id).await;
        }
        let request = RevokeUpstreamTokens { grant: grant.id };
        let (reason, is_out_of_order) = match actors.broker.ask(request).await {
            Ok(Ok(Released::GivenBack | Released::Forgotten)) => return,
            Ok(Err(UpstreamError::Provider(error))) => (error.to_string(), error.is_temporary()),
            Ok(Err(error)) => (error.to_string(), false),
            Err(error) => (error.to_string(), true),
        };
        log::warn!("upstream tokens of an ended grant were not revoked: {reason}");
        self.is_out_of_order = is_out_of_order;
    }

    /// Nobody is told.
    async fn forget(&mut self, actors: &Actors, grant: GrantId) {
        match actors.tokens.ask(TakeUpstreamTokens { grant }).await {
            Ok(Ok(Some(taken))) if taken.were_last => self.not_told += 1,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => log::warn!("upstream tokens of an ended grant were not forgotten: {error}"),
            Err(error) => log::warn!("upstream tokens of an ended grant were not forgotten: {error}"),
        }
    }

    fn say_what_was_not_told(&self) {
        if self.not_told > 0 {
            log::warn!(
                "the upstream tokens of {} more ended grants were not revoked",
                self.not_told
            );
        }
    }
}

async fn sweep_logins(actors: &Actors, totals: &mut SweptTotals) -> Result<(), SweepError> {
    for _ in 0..ROUNDS {
        let swept = actors.broker.ask(SweepLogins { most: MOST }).await??;
        let LoginSweep {
            interactions,
            pending_logins,
            browser_sessions,
            consents,
        } = swept;
        totals.logins.interactions += interactions;
        totals.logins.pending_logins += pending_logins;
        totals.logins.browser_sessions += browser_sessions;
        totals.logins.consents += consents;
        if ![interactions, pending_logins, browser_sessions, consents]
            .into_iter()
            .any(is_full)
        {
            break;
        }
    }
    Ok(())
}

async fn sweep_sessions(actors: &Actors, totals: &mut SweptTotals) -> Result<(), SweepError> {
    for _ in 0..ROUNDS {
        let deleted = actors.sessions.ask(SweepSessions { most: MOST }).await??;
        totals.sessions += deleted;
        if !is_full(deleted) {
            break;
        }
    }
    Ok(())
}

/// The task that sweeps at intervals.
pub(super) struct Sweeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    monitor: SweepMonitor,
}

impl Sweeper {
    /// Starts sweeping, the first time after one interval.
    pub(super) fn start(actors: Actors, interval: Duration) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let interval = interval.max(SHORTEST_INTERVAL);
        let monitor = SweepMonitor::default();
        let counted = monitor.clone();
        let task = tokio::task::spawn_local(async move {
            // Until told to stop, or until nobody is left to tell.
            while tokio::time::timeout(interval, &mut stopped).await.is_err() {
                tokio::select! {
                    totals = sweep(&actors) => {
                        counted.add(&totals);
                        log::debug!("swept: {totals:?}");
                    }
                    _ = &mut stopped => return,
                }
            }
        });
        Self { stop, task, monitor }
    }

    /// What has been swept, also while it goes on.
    pub(super) fn monitor(&self) -> SweepMonitor {
        self.monitor.clone()
    }

    /// Ends, and with it the sweep that is under way: what it has not come to is over at the next start as well.
    pub(super) async fn stop(self) {
        // An error means that the task has ended already.
        let told = self.stop.send(());
        if told.is_err() || self.task.await.is_err() {
            log::error!("the sweeper had crashed");
        }
    }
}
