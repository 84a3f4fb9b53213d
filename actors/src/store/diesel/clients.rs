//! Clients in the database.

use diesel::prelude::*;

use super::client_row::{ClientRow, DescriptionRow};
use super::connection::StoreConnection;
use super::failure::Failure;
use super::schema::{clients, kept_clients};
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{Outcome, insert_in_savepoint, is_changed};
use super::{DieselStore, client_use};
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;
use crate::store::StoreError;
use crate::store::clients::{ClientInsertion, ClientRepository, MOST_WITH_LOGINS};

/// Rows that one statement deletes at most when a flood is pushed out.
const BATCH: u16 = 500;

/// A moment at which no login is under way any more.
const END_OF_TIME: Timestamp = Timestamp::MAX;

diesel::alias! { const NEWER: Alias<Newer> = kept_clients as newer; }

impl ClientRepository for DieselStore {
    fn insert_client(
        &self,
        client: &Client,
        fingerprint: Option<&[u8; 32]>,
        now: Timestamp,
    ) -> Result<ClientInsertion, StoreError> {
        self.transaction("insert client", |connection| {
            if let Some(fingerprint) = fingerprint {
                delete_lapsed_equal(connection, fingerprint, now)?;
            }
            let row = ClientRow::try_from(client)?;
            let is_inserted = insert_in_savepoint(connection, |connection| {
                diesel::insert_into(clients::table)
                    .values((
                        row,
                        clients::fingerprint.eq(fingerprint.map(<[u8; 32]>::as_slice)),
                    ))
                    .execute(connection)
            })?;
            if is_inserted {
                return Ok(Outcome::Keep(ClientInsertion::Inserted));
            }
            let equal = fingerprint.map(|fingerprint| find_equal(connection, fingerprint));
            Ok(Outcome::Undo(match equal.transpose()?.flatten() {
                Some(equal) => ClientInsertion::EqualExists(Box::new(equal)),
                None => ClientInsertion::IdTaken,
            }))
        })
    }

    fn put_described_client(&self, client: &Client) -> Result<(), StoreError> {
        self.transaction("put described client", |connection| {
            if is_described_anew(connection, client)? {
                return Ok(Outcome::Keep(()));
            }
            let row = ClientRow::try_from(client)?;
            let is_inserted = insert_in_savepoint(connection, |connection| {
                diesel::insert_into(clients::table)
                    .values(row)
                    .execute(connection)
            })?;
            if !is_inserted {
                // Another process was faster.
                is_described_anew(connection, client)?;
            }
            Ok(Outcome::Keep(()))
        })
    }

    fn find_client(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.read("find client", |connection| {
            let row = clients::table
                .find(id.as_str())
                .select(ClientRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(Client::try_from).transpose()?)
        })
    }

    fn prolong_client(&self, id: &ClientId, expires_at: Timestamp) -> Result<bool, StoreError> {
        let same = clients::table.find(id.as_str()).select(clients::id);
        self.write("prolong client", |connection| {
            if client_use::prolong(connection, id, expires_at)? {
                return Ok(true);
            }
            Ok(same.first::<String>(connection).optional()?.is_some())
        })
    }

    fn delete_expired_clients(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep("delete expired clients", SweepLock::Clients, |connection| {
            Ok(delete_ended!(connection, clients.id, expires_at <= now, most)?)
        })
    }

    fn delete_unused_clients_beyond(&self, kept: u64, now: Timestamp) -> Result<u64, StoreError> {
        let idle = self.delete_unused(kept, now)?;
        let busy = self.delete_unused(kept.saturating_mul(MOST_WITH_LOGINS), END_OF_TIME)?;
        Ok(idle + busy)
    }

    fn count_clients(&self) -> Result<u64, StoreError> {
        self.read("count clients", |connection| {
            let count: i64 = clients::table.count().get_result(connection)?;
            Ok(count.cast_unsigned())
        })
    }
}

impl DieselStore {
    /// Deletes the oldest unused clients among those that no login needs at this moment, until so many of these are left.
    ///
    /// Each statement says the conditions twice: PostgreSQL looks at a row again that another transaction changed
    /// meanwhile, as a login does that begins, but only by the outer ones.
    fn delete_unused(&self, kept: u64, moment: Timestamp) -> Result<u64, StoreError> {
        let (kept, moment) = (i64::try_from(kept).unwrap_or(i64::MAX), moment.microseconds());
        let mut deleted = 0;
        loop {
            let surplus = NEWER
                .select(NEWER.field(kept_clients::id))
                .filter(NEWER.field(kept_clients::last_used_at).is_null())
                .filter(NEWER.field(kept_clients::needed_until).le(moment))
                .order((
                    NEWER.field(kept_clients::created_at).desc(),
                    NEWER.field(kept_clients::id).desc(),
                ))
                .limit(BATCH.into())
                .offset(kept);
            let deletion = kept_clients::table
                .filter(kept_clients::id.eq_any(surplus))
                .filter(kept_clients::last_used_at.is_null())
                .filter(kept_clients::needed_until.le(moment));
            let batch = self.write("delete unused clients", |connection| {
                Ok(diesel::delete(deletion).execute(connection)?)
            })?;
            deleted += batch as u64;
            if batch < usize::from(BATCH) {
                return Ok(deleted);
            }
        }
    }
}

/// Replaces what a client's document said, and moves the end of its row later; false if there is no row.
fn is_described_anew(connection: &mut StoreConnection, client: &Client) -> Result<bool, Failure> {
    let same = clients::table.find(client.id.as_str());
    let description = DescriptionRow::from(ClientRow::try_from(client)?);
    if !is_changed(diesel::update(same).set(description).execute(connection)?)? {
        return Ok(false);
    }
    if let Some(expires_at) = client.expires_at {
        client_use::prolong(connection, &client.id, expires_at)?;
    }
    Ok(true)
}

/// Makes way for a registration that equals one which has lapsed.
fn delete_lapsed_equal(
    connection: &mut StoreConnection,
    fingerprint: &[u8; 32],
    now: Timestamp,
) -> Result<(), Failure> {
    let lapsed = clients::table
        .filter(clients::fingerprint.eq(fingerprint.as_slice()))
        .filter(clients::expires_at.le(now.microseconds()));
    is_changed(diesel::delete(lapsed).execute(connection)?).map(|_| ())
}

fn find_equal(connection: &mut StoreConnection, fingerprint: &[u8; 32]) -> Result<Option<Client>, Failure> {
    let row = clients::table
        .filter(clients::fingerprint.eq(fingerprint.as_slice()))
        .select(ClientRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(Client::try_from).transpose()?)
}
