//! Users in the database.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::DieselStore;
use super::connection::{MultiBackend, StoreConnection};
use super::failure::Failure;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::users;
use super::transaction::is_inserted;
use crate::domain::clock::Timestamp;
use crate::domain::user::{UserAccount, UserIdentity, UserKey};
use crate::store::{StoreError, UserRepository};

const TABLE: &str = "users";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
struct UserRow {
    issuer: String,
    subject: String,
    identity: String,
    created_at: i64,
    last_login_at: i64,
}

impl TryFrom<&UserAccount> for UserRow {
    type Error = InvalidRow;

    fn try_from(account: &UserAccount) -> Result<Self, InvalidRow> {
        let key = &account.identity.key;
        Ok(Self {
            issuer: key.issuer.clone(),
            subject: key.subject.clone(),
            identity: RowContext::named(TABLE, &key.subject).to_json("identity", &account.identity)?,
            created_at: account.created_at.microseconds(),
            last_login_at: account.last_login_at.microseconds(),
        })
    }
}

impl TryFrom<UserRow> for UserAccount {
    type Error = InvalidRow;

    fn try_from(row: UserRow) -> Result<Self, InvalidRow> {
        let context = RowContext::named(TABLE, &row.subject);
        let identity: UserIdentity = context.json("identity", &row.identity)?;
        if identity.key.issuer != row.issuer || identity.key.subject != row.subject {
            return Err(context.invalid("identity", "belongs to another user"));
        }
        Ok(Self {
            identity,
            created_at: timestamp(row.created_at),
            last_login_at: timestamp(row.last_login_at),
        })
    }
}

impl UserRepository for DieselStore {
    fn record_login(&self, identity: &UserIdentity, now: Timestamp) -> Result<UserAccount, StoreError> {
        let first = UserAccount {
            identity: identity.clone(),
            created_at: now,
            last_login_at: now,
        };
        self.write("record login", |connection| {
            let row = UserRow::try_from(&first)?;
            if let Some(account) = update(connection, &row)? {
                return Ok(account);
            }
            let insert = diesel::insert_into(users::table).values(&row);
            if is_inserted(insert.execute(connection))? {
                return Ok(first);
            }
            // Another login of the same user was faster. Accounts are never deleted, so this one is there.
            update(connection, &row)?.ok_or(Failure::UnexpectedCount {
                expected: 1,
                actual: 0,
            })
        })
    }

    fn find_user(&self, key: &UserKey) -> Result<Option<UserAccount>, StoreError> {
        self.read("find user", |connection| {
            let row = users::table
                .find((&key.issuer, &key.subject))
                .select(UserRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(UserAccount::try_from).transpose()?)
        })
    }
}

/// Notes another login of a user who is known, and never turns the latest one back.
fn update(connection: &mut StoreConnection, row: &UserRow) -> Result<Option<UserAccount>, Failure> {
    let now = row.last_login_at.into_sql::<BigInt>();
    let latest = case_when(users::last_login_at.lt(now), now).otherwise(users::last_login_at);
    let updated = diesel::update(users::table.find((&row.issuer, &row.subject)))
        .set((users::identity.eq(&row.identity), users::last_login_at.eq(latest)))
        .returning(<UserRow as Selectable<MultiBackend>>::construct_selection())
        .get_result::<UserRow>(connection)
        .optional()?;
    Ok(updated.map(UserAccount::try_from).transpose()?)
}
