//! An orderly stop: nothing new, what is under way finishes, what takes too long is interrupted and told so, everything
//! is recorded.

use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;

use super::serving::Running;
use crate::admin::gate::Gate;

/// How long interrupted calls may take to answer. DuckDB stops within milliseconds.
const INTERRUPTED: Duration = Duration::from_secs(2);

/// How long the last answers may take to reach their clients, in seconds.
pub(super) const LAST_ANSWERS_SECONDS: u64 = 3;

/// Stops the server. `listener` goes on accepting until all calls are answered, so that whoever comes meanwhile is told
/// to come back instead of being left without an answer.
pub(super) async fn stop(gate: &Gate, grace: Duration, listener: &ServerHandle, running: Running) {
    gate.close();
    let began = Instant::now();
    log::info!(
        "stopping: {} requests are under way and have {} s to finish",
        gate.under_way(),
        grace.as_secs()
    );
    if !emptied(gate, grace).await {
        log::warn!(
            "{} requests are still under way after {} s: their queries are interrupted",
            gate.under_way(),
            grace.as_secs()
        );
        running.interrupt_queries();
        if !emptied(gate, INTERRUPTED).await {
            log::error!("{} requests are cut off", gate.under_way());
        }
    }
    listener.stop(true).await;
    running
        .finish_releases(grace.saturating_sub(began.elapsed()))
        .await;
    running.stop().await;
}

async fn emptied(gate: &Gate, within: Duration) -> bool {
    actix_rt::time::timeout(within, gate.emptied()).await.is_ok()
}
