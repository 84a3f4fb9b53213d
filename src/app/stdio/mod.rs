//! The life of a process that serves one client over standard input and output: until the client has nothing more to say,
//! does not listen any more, or a signal comes.
//!
//! - `streams`: the threads that read and write, and nothing else on standard output.
//! - `identity`: who the client is.

mod identity;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use actix_rt::signal::unix::{SignalKind, signal};
use mxcp_actors::domain::cancel::CancelReason;

use self::identity::Identity;
pub(super) use self::streams::Streams;
use super::StartError;
use super::serving::Running;
use crate::config::Config;
use crate::http::request_ids::RequestIds;
use crate::mcp::catalog::Catalog;
use crate::mcp::stdio::conversation::Conversation;

/// How long running calls may take to end when no more can come.
const STOP_GRACE: Duration = Duration::from_secs(5);

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
    let identity = Identity::new(config, running.services(), request_ids)?;
    let server = Arc::new(running.mcp_server(catalog));
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Streams)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Streams)?;
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
        _ = terminate.recv() => End::Signal,
        _ = interrupt.recv() => End::Signal,
    };
    drop(answers);
    match end {
        End::NothingMore | End::Signal => conversation.finish(STOP_GRACE, CancelReason::Shutdown).await,
        End::NobodyListens => {
            conversation
                .finish(Duration::ZERO, CancelReason::ClientGone)
                .await;
        }
    }
    open.close().await;
    Ok(())
}
