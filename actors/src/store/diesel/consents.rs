//! Consents in the database.

use diesel::prelude::*;
use ring::digest;

use super::DieselStore;
use super::connection::StoreConnection;
use super::failure::Failure;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::consents;
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{exactly, is_changed, is_inserted};
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Consent;
use crate::domain::user::UserKey;
use crate::store::{ConsentRepository, StoreError};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = consents)]
struct ConsentRow {
    id: Vec<u8>,
    user_issuer: String,
    user_subject: String,
    client_id: String,
    receiver: String,
    scopes: String,
    redirect_uris_fingerprint: Vec<u8>,
    given_at: i64,
    expires_at: i64,
}

impl From<&Consent> for ConsentRow {
    fn from(consent: &Consent) -> Self {
        Self {
            id: identifier(&consent.user, &consent.client, &consent.receiver),
            user_issuer: consent.user.issuer.clone(),
            user_subject: consent.user.subject.clone(),
            client_id: consent.client.to_string(),
            receiver: consent.receiver.clone(),
            scopes: consent.scopes.to_string(),
            redirect_uris_fingerprint: consent.client_fingerprint.to_vec(),
            given_at: consent.given_at.microseconds(),
            expires_at: consent.expires_at.microseconds(),
        }
    }
}

impl TryFrom<ConsentRow> for Consent {
    type Error = InvalidRow;

    fn try_from(row: ConsentRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("consents", &row.id);
        Ok(Self {
            client: context.client_id("client_id", &row.client_id)?,
            scopes: context.scopes("scopes", &row.scopes)?,
            client_fingerprint: context.array("redirect_uris_fingerprint", &row.redirect_uris_fingerprint)?,
            user: UserKey {
                issuer: row.user_issuer,
                subject: row.user_subject,
            },
            receiver: row.receiver,
            given_at: timestamp(row.given_at),
            expires_at: timestamp(row.expires_at),
        })
    }
}

/// SHA-256 over the four texts that make a consent unique, each with its length in front.
fn identifier(user: &UserKey, client: &ClientId, receiver: &str) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in [&user.issuer, &user.subject, client.as_str(), receiver] {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

impl ConsentRepository for DieselStore {
    fn put_consent(&self, consent: &Consent) -> Result<(), StoreError> {
        let row = ConsentRow::from(consent);
        self.write("put consent", |connection| {
            if is_changed(update(connection, &row)?)? {
                return Ok(());
            }
            let insert = diesel::insert_into(consents::table).values(&row);
            if is_inserted(insert.execute(connection))? {
                return Ok(());
            }
            // Somebody else put it in this very moment. If it is gone again, nothing was put and the caller may try again.
            exactly(1, update(connection, &row)?)
        })
    }

    fn find_consent(
        &self,
        user: &UserKey,
        client: &ClientId,
        receiver: &str,
    ) -> Result<Option<Consent>, StoreError> {
        self.read("find consent", |connection| {
            let row = consents::table
                .find(identifier(user, client, receiver))
                .select(ConsentRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(Consent::try_from).transpose()?)
        })
    }

    fn delete_consents(&self, user: &UserKey, client: &ClientId) -> Result<u64, StoreError> {
        let given = consents::table
            .filter(consents::user_issuer.eq(&user.issuer))
            .filter(consents::user_subject.eq(&user.subject))
            .filter(consents::client_id.eq(client.as_str()));
        self.write("delete consents", |connection| {
            Ok(diesel::delete(given).execute(connection)? as u64)
        })
    }

    fn delete_expired_consents(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep("delete expired consents", SweepLock::Consents, |connection| {
            Ok(delete_ended!(connection, consents.id, expires_at <= now, most)?)
        })
    }
}

fn update(connection: &mut StoreConnection, row: &ConsentRow) -> Result<usize, Failure> {
    Ok(diesel::update(consents::table.find(&row.id))
        .set(row)
        .execute(connection)?)
}
