//! Identifiers of master keys in the database.

use diesel::prelude::*;

use super::DieselStore;
use super::row::RowContext;
use super::schema::master_keys;
use super::transaction::{is_changed, is_inserted};
use crate::domain::clock::Timestamp;
use crate::domain::key_ring::KeyId;
use crate::store::{KeyRepository, StoreError};

impl KeyRepository for DieselStore {
    fn record_key(&self, id: KeyId, now: Timestamp) -> Result<(), StoreError> {
        let row = (
            master_keys::key_id.eq(id.as_bytes().as_slice()),
            master_keys::noted_at.eq(now.microseconds()),
        );
        self.write("record key", |connection| {
            let insert = diesel::insert_into(master_keys::table).values(row);
            is_inserted(insert.execute(connection)).map(|_| ())
        })
    }

    fn known_keys(&self) -> Result<Vec<KeyId>, StoreError> {
        self.read("list keys", |connection| {
            let rows: Vec<Vec<u8>> = master_keys::table
                .select(master_keys::key_id)
                .order(master_keys::position)
                .load(connection)?;
            let read = |bytes: &Vec<u8>| RowContext::digested("master_keys", bytes).key("key_id", bytes);
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
    }

    fn forget_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let key = master_keys::table.filter(master_keys::key_id.eq(id.as_bytes().as_slice()));
        self.write("forget key", |connection| {
            is_changed(diesel::delete(key).execute(connection)?)
        })
    }
}
