//! What can be asked of the registry of sessions. Each message names the outside act that it stands for.

use std::sync::Arc;

use crate::domain::mcp_session::{McpSession, McpSessionId, SessionOwner};
use crate::domain::secret::SecretDigest;
use crate::handle::requests;
use crate::store::{MintError, StoreError};

/// A client said `initialize` in a legacy revision. Answered by [`OpenSessionReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Whose it is to be.
    pub owner: SessionOwner,
    /// The revision that was negotiated.
    pub version: String,
}

/// The identifier for the client, the only time that it exists in plain text.
pub type OpenSessionReply = Result<McpSessionId, MintError>;

/// A request came with `Mcp-Session-Id`. Answered by [`FindSessionReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindSession {
    /// The digest of the identifier.
    pub id: SecretDigest,
}

/// The session, whoever it belongs to, unless it was idle for too long.
pub type FindSessionReply = Result<Option<Arc<McpSession>>, StoreError>;

/// A client sent `DELETE` with `Mcp-Session-Id`. Answered by [`EndSessionReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSession {
    /// The digest of the identifier.
    pub id: SecretDigest,
    /// Who asks. A session of somebody else does not exist.
    pub owner: SessionOwner,
}

/// Whether this message ended it.
pub type EndSessionReply = Result<bool, StoreError>;

/// The time has come to forget idle sessions. Answered by [`SweepSessionsReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepSessions {
    /// The most sessions to delete in one go.
    pub most: u32,
}

/// How many sessions were deleted.
pub type SweepSessionsReply = Result<u64, StoreError>;

/// An operator wants to know how many sessions are open, on all replicas. Answered by [`CountSessionsReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountSessions;

/// How many.
pub type CountSessionsReply = Result<u64, StoreError>;

requests! {
    OpenSession => OpenSessionReply;
    FindSession => FindSessionReply;
    EndSession => EndSessionReply;
    SweepSessions => SweepSessionsReply;
    CountSessions => CountSessionsReply;
}
