//! The actor: owns the writer's life, answers flushes. Records do not pass through it.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix::{Actor, Context, Handler};

use super::audit_log::AuditLog;
use super::buffer::{Buffer, Flushed};
use super::disk::{Disk, FileSystem};
use super::messages::{FlushLog, FlushReport};
use super::segments::{SegmentError, Segments};
use super::settings::AuditLoggerSettings;
use super::status::AuditStatus;
use super::writer::Writer;
use crate::domain::clock::Clock;
use crate::error::CallError;
use crate::handle::{Carried, Handle, HandleSettings};

/// Flushes that may be under way at once. Operators and tests ask for them, and one flush serves all that wait.
const CAPACITY: usize = 32;
/// How long a flush may take: longer than a slow disk, shorter than an operator's patience.
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);

/// Why the audit log could not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The folder or the schema file cannot be written.
    #[error("{0}; make it writable for the server, or set audit.enabled: false")]
    Segments(#[from] SegmentError),
    /// There is no thread for the writer.
    #[error("audit log: cannot start the writer's thread: {0}")]
    Thread(#[source] io::Error),
}

/// Keeps the record of who did what. See the module's documentation.
pub struct AuditLogger {
    buffer: Arc<Buffer>,
}

impl Actor for AuditLogger {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(CAPACITY);
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        self.buffer.close();
    }
}

impl Handler<Carried<FlushLog>> for AuditLogger {
    type Result = ();

    fn handle(&mut self, message: Carried<FlushLog>, _context: &mut Self::Context) {
        let (FlushLog, reply) = message.split();
        self.buffer.flush(Box::new(move |flushed| {
            reply.answer(match flushed {
                Flushed::Done(written) => Ok(Ok(FlushReport { written })),
                Flushed::Failed(error) => Ok(Err(error)),
                Flushed::Stopped => Err(CallError::Stopped),
            });
        }));
    }
}

impl AuditLogger {
    /// Prepares the folder, and starts the actor on the current arbiter and the writer on a thread of its own.
    pub fn launch(
        settings: &AuditLoggerSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<RunningAuditLogger, LaunchError> {
        Self::launch_on(settings, FileSystem, clock)
    }

    /// The same on anything that behaves like a file system.
    pub(super) fn launch_on(
        settings: &AuditLoggerSettings,
        disk: impl Disk,
        clock: Arc<dyn Clock>,
    ) -> Result<RunningAuditLogger, LaunchError> {
        let segments = Segments::new(settings, disk, clock);
        segments.prepare()?;
        let buffer = Buffer::new(settings.buffer, settings.overflow);
        let writer = Writer::new(settings, Arc::clone(&buffer), segments);
        let thread = thread::Builder::new()
            .name("audit-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(LaunchError::Thread)?;
        let address = Self {
            buffer: Arc::clone(&buffer),
        }
        .start();
        let handle_settings = HandleSettings {
            name: "audit_logger",
            capacity: CAPACITY,
            deadline: FLUSH_DEADLINE,
            retry_after: Duration::from_secs(1),
        };
        Ok(RunningAuditLogger {
            log: AuditLog::new(Arc::clone(&buffer)),
            handle: Handle::new(address, handle_settings),
            buffer,
            thread,
        })
    }
}

/// The audit log from outside.
pub struct RunningAuditLogger {
    /// Records events.
    pub log: AuditLog,
    /// Asks for a flush.
    pub handle: Handle<AuditLogger>,
    buffer: Arc<Buffer>,
    thread: JoinHandle<()>,
}

/// How the audit log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReport {
    /// What was `written` and what was `lost` since the start, among other numbers.
    pub status: AuditStatus,
    /// Whether the writer ended in time. If not, what it was still writing is neither written nor lost, but waiting.
    pub is_complete: bool,
}

impl RunningAuditLogger {
    /// Takes no more records, writes and synchronises those that wait, and ends. Waits no longer than `within`; a disk
    /// that hangs for longer keeps its thread, which ends with the process.
    pub fn stop(self, within: Duration) -> StopReport {
        self.buffer.close();
        let is_complete = self.buffer.wait_for_end(within);
        if is_complete && self.thread.join().is_err() {
            log::error!("audit log: the writer had panicked");
        }
        StopReport {
            status: self.buffer.status(),
            is_complete,
        }
    }
}
