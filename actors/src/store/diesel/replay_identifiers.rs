//! Replay identifiers in the database.

use diesel::prelude::*;

use super::DieselStore;
use super::schema::replay_identifiers;
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{is_changed, is_inserted};
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::store::{ReplayIdentifierRepository, StoreError};

impl ReplayIdentifierRepository for DieselStore {
    fn remember_identifier(
        &self,
        identifier: &SecretDigest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let bytes = identifier.as_bytes().as_slice();
        let row = (
            replay_identifiers::identifier.eq(bytes),
            replay_identifiers::expires_at.eq(expires_at.microseconds()),
        );
        let ended = replay_identifiers::table
            .find(bytes)
            .filter(replay_identifiers::expires_at.le(now.microseconds()));
        self.write("remember identifier", |connection| {
            let renewal =
                diesel::update(ended).set(replay_identifiers::expires_at.eq(expires_at.microseconds()));
            if is_changed(renewal.execute(connection)?)? {
                return Ok(true);
            }
            let insert = diesel::insert_into(replay_identifiers::table).values(row);
            is_inserted(insert.execute(connection))
        })
    }

    fn delete_expired_identifiers(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep(
            "delete expired identifiers",
            SweepLock::ReplayIdentifiers,
            |connection| {
                Ok(delete_ended!(
                    connection,
                    replay_identifiers.identifier,
                    expires_at <= now,
                    most
                )?)
            },
        )
    }
}
