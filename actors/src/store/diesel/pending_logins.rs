//! Pending logins in the database.

use diesel::prelude::*;

use super::connection::MultiBackend;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::pending_logins;
use super::sweep::{SweepLock, delete_ended};
use super::{DieselStore, login_purpose};
use crate::domain::clock::Timestamp;
use crate::domain::pending_login::PendingLogin;
use crate::domain::sealing::Sealed;
use crate::domain::secret::SecretDigest;
use crate::store::clients::ClientNeed;
use crate::store::{PendingLoginRepository, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_logins)]
struct LoginRow {
    state: Vec<u8>,
    browser: Vec<u8>,
    provider: String,
    request: Option<String>,
    upstream_secrets: Vec<u8>,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<&PendingLogin> for LoginRow {
    type Error = InvalidRow;

    fn try_from(login: &PendingLogin) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("pending_logins", login.state.as_bytes());
        Ok(Self {
            state: login.state.as_bytes().to_vec(),
            browser: login.browser.as_bytes().to_vec(),
            provider: login.provider.clone(),
            request: login_purpose::to_column(&context, &login.purpose)?,
            upstream_secrets: login.upstream_secrets.as_bytes().to_vec(),
            created_at: login.created_at.microseconds(),
            expires_at: login.expires_at.microseconds(),
        })
    }
}

impl TryFrom<LoginRow> for PendingLogin {
    type Error = InvalidRow;

    fn try_from(row: LoginRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("pending_logins", &row.state);
        Ok(Self {
            state: context.digest("state", &row.state)?,
            browser: context.digest("browser", &row.browser)?,
            purpose: login_purpose::from_column(&context, row.request.as_deref())?,
            provider: row.provider,
            upstream_secrets: Sealed::from_bytes(row.upstream_secrets),
            created_at: timestamp(row.created_at),
            expires_at: timestamp(row.expires_at),
        })
    }
}

impl PendingLoginRepository for DieselStore {
    fn insert_pending_login(&self, login: &PendingLogin) -> Result<bool, StoreError> {
        let need = ClientNeed::of_login(&login.purpose, login.expires_at);
        let row = LoginRow::try_from(login);
        self.insert_needing("insert pending login", need, row, |connection, row| {
            let insert = diesel::insert_into(pending_logins::table).values(&row);
            insert.execute(connection)
        })
    }

    fn take_pending_login(&self, state: &SecretDigest) -> Result<Option<PendingLogin>, StoreError> {
        let login = pending_logins::table.find(state.as_bytes().as_slice());
        self.write("take pending login", |connection| {
            let row = diesel::delete(login)
                .returning(<LoginRow as Selectable<MultiBackend>>::construct_selection())
                .get_result::<LoginRow>(connection)
                .optional()?;
            Ok(row.map(PendingLogin::try_from).transpose()?)
        })
    }

    fn delete_expired_pending_logins(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep(
            "delete expired pending logins",
            SweepLock::PendingLogins,
            |connection| {
                Ok(delete_ended!(
                    connection,
                    pending_logins.state,
                    expires_at <= now,
                    most
                )?)
            },
        )
    }
}
