//! Sessions that were found less than a second ago. An end on this replica, or one on another that is heard of, takes a
//! session out at once; unheard, it shows when the second is over. Nothing is kept of sessions that do not exist.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::mcp_session::McpSession;
use crate::domain::secret::SecretDigest;
use crate::replica_bus::{Announcement, ReplicaListener};

/// How long what was found may be used again.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(1);

/// The most entries. More sessions than this within one second are asked about again.
const MOST_ENTRIES: usize = 16_384;

/// The cache. See the file's documentation.
#[derive(Default)]
pub(super) struct FoundSessions(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    sessions: HashMap<SecretDigest, Entry>,
    /// Counts ends, so that what was read before one is not kept after it.
    epoch: u64,
}

struct Entry {
    session: Arc<McpSession>,
    /// When it was asked for, which is before the store was read.
    since: Timestamp,
}

impl FoundSessions {
    /// The session, if it was found a moment ago.
    pub(super) fn find(&self, id: &SecretDigest, now: Timestamp) -> Option<Arc<McpSession>> {
        let entries = self.lock();
        let entry = entries.sessions.get(id).filter(|entry| entry.is_fresh(now))?;
        Some(Arc::clone(&entry.session))
    }

    /// To be asked before the store is, and given to [`FoundSessions::keep`] afterwards.
    pub(super) fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    /// Keeps what the store answered, unless a session was ended meanwhile.
    pub(super) fn keep(&self, session: Arc<McpSession>, epoch: u64, since: Timestamp) {
        let mut entries = self.lock();
        if entries.epoch != epoch {
            return;
        }
        if entries.sessions.len() >= MOST_ENTRIES {
            entries.sessions.retain(|_, entry| entry.is_fresh(since));
        }
        if entries.sessions.len() >= MOST_ENTRIES {
            // So many within one second: asking about them again is cheaper than finding out which to keep.
            entries.sessions.clear();
        }
        entries.sessions.insert(session.id, Entry { session, since });
    }

    /// A session has ended, or may have.
    pub(super) fn forget(&self, id: &SecretDigest) {
        let mut entries = self.lock();
        entries.epoch += 1;
        entries.sessions.remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// A clock that went backwards makes an entry stale rather than young.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.since <= now && now.duration_since(self.since) < LONGEST_LIFE
    }
}

impl ReplicaListener for FoundSessions {
    fn hear(&self, announcement: &Announcement) {
        match announcement {
            Announcement::SessionEnded { session } => self.forget(session),
            Announcement::TokensEnded | Announcement::CallCancelled { .. } => {}
        }
    }

    fn miss(&self) {
        let mut entries = self.lock();
        entries.epoch += 1;
        entries.sessions.clear();
    }
}
