//! Signing keys in the database.

use diesel::prelude::*;

use super::DieselStore;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::signing_keys;
use super::transaction::is_inserted;
use crate::domain::sealing::Sealed;
use crate::domain::signing_key::SigningKeyRecord;
use crate::jose::SigningAlgorithm;
use crate::store::{SigningKeyRepository, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
struct SigningKeyRow {
    generation: i64,
    key_id: String,
    algorithm: String,
    private_key: Vec<u8>,
    created_at: i64,
    usable_from: i64,
}

impl From<&SigningKeyRecord> for SigningKeyRow {
    fn from(key: &SigningKeyRecord) -> Self {
        Self {
            generation: key.generation,
            key_id: key.id.clone(),
            algorithm: key.algorithm.verified_as().name().to_owned(),
            private_key: key.private_key.as_bytes().to_vec(),
            created_at: key.created_at.microseconds(),
            usable_from: key.usable_from.microseconds(),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKeyRecord {
    type Error = InvalidRow;

    fn try_from(row: SigningKeyRow) -> Result<Self, InvalidRow> {
        let context = RowContext::named("signing_keys", &row.key_id);
        let unknown = || context.invalid("algorithm", "not an algorithm that this server signs with");
        Ok(Self {
            algorithm: SigningAlgorithm::from_name(&row.algorithm).ok_or_else(unknown)?,
            generation: row.generation,
            private_key: Sealed::from_bytes(row.private_key),
            created_at: timestamp(row.created_at),
            usable_from: timestamp(row.usable_from),
            id: row.key_id,
        })
    }
}

impl SigningKeyRepository for DieselStore {
    fn insert_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError> {
        let row = SigningKeyRow::from(key);
        self.write("insert signing key", |connection| {
            let insert = diesel::insert_into(signing_keys::table).values(row);
            is_inserted(insert.execute(connection))
        })
    }

    fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.read("list signing keys", |connection| {
            let rows: Vec<SigningKeyRow> = signing_keys::table
                .select(SigningKeyRow::as_select())
                .order(signing_keys::generation)
                .load(connection)?;
            let keys = rows.into_iter().map(SigningKeyRecord::try_from);
            Ok(keys.collect::<Result<_, _>>()?)
        })
    }

    fn delete_signing_keys_before(&self, generation: i64) -> Result<u64, StoreError> {
        let old = signing_keys::table.filter(signing_keys::generation.lt(generation));
        self.write("delete signing keys", |connection| {
            Ok(diesel::delete(old).execute(connection)? as u64)
        })
    }
}
