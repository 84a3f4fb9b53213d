//! The AuditLogger: keeps the record of who did what, without getting into anybody's way.
//!
//! | part | state | class |
//! |---|---|---|
//! | segments | written records | durable |
//! | schema file | the schema's entry | derivable: registered anew with each segment |
//! | buffer | accepted records, promised places, numbers | ephemeral: written on flush and stop |
//!
//! An event goes: [`AuditLog::record`](audit_log::AuditLog::record) takes out what must not be seen, says one line in
//! the server's own log, writes the record as one line of JSON, and copies it into the buffer, all on the caller's
//! thread and without waiting. A plain thread empties the buffer into the segments, one write call for all that came in
//! during the last write and the twenty milliseconds of collecting after it, so that no call has to wake it.
//!
//! **Records bypass the mailbox.** A mailbox is bounded in messages, not in bytes; `do_send` ignores even that and drops
//! silently when the actor is gone; an awaited send would cost a change of threads for what is a copy of a few hundred
//! bytes. Since nothing is queued before it is redacted and written as JSON, the bound is exact, a record that cannot
//! be written costs only itself, and no secret waits in memory. The actor owns the writer's life and answers flushes.
//!
//! **Bounds.** The buffer holds 16,384 records and 64 MiB, what is being written included: seven seconds of a stalled disk
//! at 2,000 calls a second. Its last 12 percent are for denials and authentication events alone.
//!
//! **When it is full**, an ordinary record is dropped and counted (`audit.overflow: count`), or its call is refused
//! before it begins (`refuse`: see [`AuditLog::place`](audit_log::AuditLog::place)). A denial or an authentication event
//! that finds even the reserved part full, or the log stopped, is written as a whole to the server's own log at ERROR,
//! on the caller's thread. Begin and end of such a time are one ERROR line each.
//!
//! **When writing fails** (disk full, folder gone), one ERROR line says so; records stay in the buffer, the write is tried
//! again every second, a half-written line is cut off, and a folder that vanished is created anew.
//!
//! **What survives.** A killed process loses what is still in the buffer: twenty milliseconds' worth. A
//! power failure takes, by default, at most the last second, because segments are synchronised (`fdatasync`) every
//! second, when full, on flush and on stop; see [`SyncPolicy`](settings::SyncPolicy).
//!
//! The line in the server's own log goes through `log`: how patient that logger is with whoever reads it, is its decision.
//!
//! - [`audit_log`]: what callers hold. [`messages`]: what they say. [`settings`], [`status`]: what goes in at start, what
//!   came of it.
//! - [`redaction`]: what nobody may see. [`log_line`]: the line in the server's own log. `line`: the line in a segment.
//! - `admission`: who finds place. `buffer`: the same behind a lock. `writer`: the thread. `batch`: what it writes.
//! - [`segments`]: files and their rotation. [`segment_name`], `schema_file`, `disk`: their names, neighbour and ground.
//! - [`reading`]: segments read back, ours and MXCP's.

pub mod actor;
mod admission;
pub mod audit_log;
mod batch;
mod buffer;
mod disk;
mod line;
pub mod log_line;
pub mod messages;
mod one_line;
pub mod reading;
pub mod redaction;
mod schema_file;
pub mod segment_name;
pub mod segments;
pub mod settings;
pub mod status;
#[cfg(test)]
mod tests;
mod writer;
