//! Browser sessions in the database.

use diesel::prelude::*;

use super::DieselStore;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::browser_sessions;
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{is_changed, is_inserted};
use crate::domain::browser_session::BrowserSession;
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::domain::user::UserKey;
use crate::store::{BrowserSessionRepository, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = browser_sessions)]
struct SessionRow {
    id: Vec<u8>,
    user_issuer: String,
    user_subject: String,
    created_at: i64,
    expires_at: i64,
}

impl From<&BrowserSession> for SessionRow {
    fn from(session: &BrowserSession) -> Self {
        Self {
            id: session.id.as_bytes().to_vec(),
            user_issuer: session.user.issuer.clone(),
            user_subject: session.user.subject.clone(),
            created_at: session.created_at.microseconds(),
            expires_at: session.expires_at.microseconds(),
        }
    }
}

impl TryFrom<SessionRow> for BrowserSession {
    type Error = InvalidRow;

    fn try_from(row: SessionRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("browser_sessions", &row.id);
        Ok(Self {
            id: context.digest("id", &row.id)?,
            user: UserKey {
                issuer: row.user_issuer,
                subject: row.user_subject,
            },
            created_at: timestamp(row.created_at),
            expires_at: timestamp(row.expires_at),
        })
    }
}

impl BrowserSessionRepository for DieselStore {
    fn insert_browser_session(&self, session: &BrowserSession) -> Result<bool, StoreError> {
        let row = SessionRow::from(session);
        self.write("insert browser session", |connection| {
            let insert = diesel::insert_into(browser_sessions::table).values(&row);
            is_inserted(insert.execute(connection))
        })
    }

    fn find_browser_session(&self, id: &SecretDigest) -> Result<Option<BrowserSession>, StoreError> {
        self.read("find browser session", |connection| {
            let row = browser_sessions::table
                .find(id.as_bytes().as_slice())
                .select(SessionRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(BrowserSession::try_from).transpose()?)
        })
    }

    fn delete_browser_session(&self, id: &SecretDigest) -> Result<bool, StoreError> {
        let session = browser_sessions::table.find(id.as_bytes().as_slice());
        self.write("delete browser session", |connection| {
            is_changed(diesel::delete(session).execute(connection)?)
        })
    }

    fn delete_browser_sessions_of_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        let sessions = browser_sessions::table
            .filter(browser_sessions::user_issuer.eq(&user.issuer))
            .filter(browser_sessions::user_subject.eq(&user.subject));
        self.write("delete browser sessions of user", |connection| {
            Ok(diesel::delete(sessions).execute(connection)? as u64)
        })
    }

    fn delete_expired_browser_sessions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep(
            "delete expired browser sessions",
            SweepLock::BrowserSessions,
            |connection| {
                Ok(delete_ended!(
                    connection,
                    browser_sessions.id,
                    expires_at <= now,
                    most
                )?)
            },
        )
    }
}
