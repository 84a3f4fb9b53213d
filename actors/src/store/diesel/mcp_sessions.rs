//! Sessions of the protocol's legacy revisions in the database. Nobody in particular is a user without issuer and
//! subject, which no real one is.

use diesel::dsl::{IntoBoxed, case_when, count_star};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::DieselStore;
use super::connection::{MultiBackend, StoreConnection};
use super::failure::Failure;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::mcp_sessions;
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{Outcome, insert_in_savepoint, is_changed};
use crate::domain::clock::Timestamp;
use crate::domain::mcp_session::{McpSession, SessionOwner};
use crate::domain::secret::SecretDigest;
use crate::domain::user::UserKey;
use crate::store::{McpSessionRepository, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mcp_sessions)]
struct SessionRow {
    id: Vec<u8>,
    user_issuer: String,
    user_subject: String,
    version: String,
    opened_at: i64,
    last_used_at: i64,
}

/// Issuer and subject of an owner.
fn columns(owner: &SessionOwner) -> (&str, &str) {
    owner
        .as_ref()
        .map_or(("", ""), |user| (&user.issuer, &user.subject))
}

impl From<&McpSession> for SessionRow {
    fn from(session: &McpSession) -> Self {
        let (issuer, subject) = columns(&session.owner);
        Self {
            id: session.id.as_bytes().to_vec(),
            user_issuer: issuer.to_owned(),
            user_subject: subject.to_owned(),
            version: session.version.clone(),
            opened_at: session.opened_at.microseconds(),
            last_used_at: session.last_used_at.microseconds(),
        }
    }
}

impl TryFrom<SessionRow> for McpSession {
    type Error = InvalidRow;

    fn try_from(row: SessionRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("mcp_sessions", &row.id);
        let is_nobody = row.user_issuer.is_empty() && row.user_subject.is_empty();
        Ok(Self {
            id: context.digest("id", &row.id)?,
            owner: (!is_nobody).then_some(UserKey {
                issuer: row.user_issuer,
                subject: row.user_subject,
            }),
            version: row.version,
            opened_at: timestamp(row.opened_at),
            last_used_at: timestamp(row.last_used_at),
        })
    }
}

impl McpSessionRepository for DieselStore {
    fn insert_mcp_session(&self, session: &McpSession, most: u32) -> Result<bool, StoreError> {
        let row = SessionRow::from(session);
        self.transaction("insert MCP session", |connection| {
            let insert = diesel::insert_into(mcp_sessions::table).values(&row);
            if !insert_in_savepoint(connection, |connection| insert.execute(connection))? {
                return Ok(Outcome::Undo(false));
            }
            make_room(connection, &row, most)?;
            Ok(Outcome::Keep(true))
        })
    }

    fn find_mcp_session(&self, id: &SecretDigest) -> Result<Option<McpSession>, StoreError> {
        self.read("find MCP session", |connection| {
            let row = mcp_sessions::table
                .find(id.as_bytes().as_slice())
                .select(SessionRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(McpSession::try_from).transpose()?)
        })
    }

    fn record_mcp_session_use(&self, id: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let now = at.microseconds().into_sql::<BigInt>();
        let latest = case_when(mcp_sessions::last_used_at.lt(now), now).otherwise(mcp_sessions::last_used_at);
        let update = diesel::update(mcp_sessions::table.find(id.as_bytes().as_slice()))
            .set(mcp_sessions::last_used_at.eq(latest));
        self.write("record use of MCP session", |connection| {
            is_changed(update.execute(connection)?)
        })
    }

    fn end_mcp_session(&self, id: &SecretDigest, owner: &SessionOwner) -> Result<bool, StoreError> {
        let (issuer, subject) = columns(owner);
        let session = mcp_sessions::table
            .find(id.as_bytes().as_slice())
            .filter(mcp_sessions::user_issuer.eq(issuer))
            .filter(mcp_sessions::user_subject.eq(subject));
        self.write("end MCP session", |connection| {
            is_changed(diesel::delete(session).execute(connection)?)
        })
    }

    fn delete_idle_mcp_sessions(&self, idle_since: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep("delete idle MCP sessions", SweepLock::McpSessions, |connection| {
            Ok(delete_ended!(
                connection,
                mcp_sessions.id,
                last_used_at <= idle_since,
                most
            )?)
        })
    }

    fn count_mcp_sessions(&self) -> Result<u64, StoreError> {
        self.read("count MCP sessions", |connection| {
            let count: i64 = mcp_sessions::table.select(count_star()).first(connection)?;
            Ok(count.unsigned_abs())
        })
    }
}

/// Deletes what the owner of this session has beyond `most`, what was used longest ago first. Two that are opened at once
/// may leave one too many until the next one comes.
fn make_room(connection: &mut StoreConnection, newest: &SessionRow, most: u32) -> Result<(), Failure> {
    let of_owner: IntoBoxed<'_, mcp_sessions::table, MultiBackend> = mcp_sessions::table
        .filter(mcp_sessions::user_issuer.eq(&newest.user_issuer))
        .filter(mcp_sessions::user_subject.eq(&newest.user_subject))
        .filter(mcp_sessions::id.ne(&newest.id))
        .into_boxed();
    let surplus: Vec<Vec<u8>> = of_owner
        .order(mcp_sessions::last_used_at.desc())
        .offset(i64::from(most.saturating_sub(1)))
        .limit(MOST_DELETED)
        .select(mcp_sessions::id)
        .load(connection)?;
    for id in surplus {
        diesel::delete(mcp_sessions::table.find(id)).execute(connection)?;
    }
    Ok(())
}

/// More than one is surplus only after the bound was lowered; the rest goes with the next session.
const MOST_DELETED: i64 = 100;
