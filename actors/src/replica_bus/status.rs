//! How the bus is doing, for metrics and for the admin page. A bus that is down makes no replica unready: calls go on, and
//! caches expire by themselves.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether others can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusConnection {
    /// There are no others: one process.
    Alone,
    /// They hear at once.
    Connected,
    /// The connection is lost and being opened again. Others learn of a revocation when their caches expire, after a
    /// second.
    Lost,
}

/// The bus at one moment; numbers count from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaBusStatus {
    /// Whether others can be told.
    pub connection: BusConnection,
    /// Messages that were said.
    pub said: u64,
    /// Messages of others that were heard.
    pub heard: u64,
    /// Messages of others that this version does not know.
    pub unknown: u64,
    /// Messages that found no place to wait.
    pub dropped: u64,
    /// How often the connection was opened.
    pub connections: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) is_connected: AtomicBool,
    pub(super) said: AtomicU64,
    pub(super) heard: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) connections: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> ReplicaBusStatus {
        let connection = match self.is_connected.load(Ordering::Relaxed) {
            true => BusConnection::Connected,
            false => BusConnection::Lost,
        };
        ReplicaBusStatus {
            connection,
            said: self.said.load(Ordering::Relaxed),
            heard: self.heard.load(Ordering::Relaxed),
            unknown: self.unknown.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}

impl ReplicaBusStatus {
    pub(super) const ALONE: Self = Self {
        connection: BusConnection::Alone,
        said: 0,
        heard: 0,
        unknown: 0,
        dropped: 0,
        connections: 0,
    };
}
