//! The life of a process that serves one client over standard input and output: until the client has nothing more to say,
//! does not listen any more, or a signal comes.
//!
//! - `streams`: the threads that read and write, and nothing else on standard output.
//! - `identity`: who the client is.

mod identity;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::cancel::CancelReason;

use self::identity::Identity;
pub(super) use self::streams::Streams;
use super::StartError;
use super::serving::Running;
use super::signals::Signals;
use crate::config::Config;
use crate::http::request_ids::RequestIds;
use crate::mcp::catalog::Catalog;
use crate::mcp::stdio::conversation::Conversation;

/// How long running calls may take to end when the client has said its last, at most: it waits a few seconds for the end.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// Why the conversation ended.
enum End {
    /// Standard input is at its end.
    NothingMore,
    /// Nobody reads standard output.
    NobodyListens,
    /// SIGTERM or SIGINT.
    Signal,
}

/// Serves the client of the streams.
pub(super) async fn serve(
    config: &Config,
    streams: Streams,
    catalog: Catalog,
    running: &Running,
) -> Result<(), StartError> {
    let audit = running.audit();
    let request_ids = RequestIds::new(u64::from_be_bytes(audit.randomness.bytes()?));
    let identity = Identity::new(config, running.resource_server(), request_ids)?;
    let server = Arc::new(running.mcp_server(catalog));
    let mut signals = Signals::listen()?;
    let mut open = streams.open().map_err(StartError::Thread)?;
    log::info!("serving over standard input and output");

    let mut conversation = Conversation::new(server, identity, open.answers.clone());
    let answers = open.answers.clone();
    let converse = async {
        while let Some(line) = open.lines.recv().await {
            conversation.take(line).await;
        }
    };
    let end = tokio::select! {
        () = converse => End::NothingMore,
        () = answers.closed() => End::NobodyListens,
        signal = signals.next() => {
            log::info!("{signal}");
            End::Signal
        }
    };
    drop(answers);
    let (grace, reason) = match end {
        End::NothingMore => (
            config.transport.shutdown_grace.min(LAST_CALLS),
            CancelReason::Shutdown,
        ),
        End::NobodyListens => (Duration::ZERO, CancelReason::ClientGone),
        End::Signal => (config.transport.shutdown_grace, CancelReason::Shutdown),
    };
    tokio::select! {
        () = conversation.finish(grace, reason) => {}
        signal = signals.next() => log::warn!("{signal}: calls under way are dropped"),
    }
    open.close().await;
    Ok(())
}
