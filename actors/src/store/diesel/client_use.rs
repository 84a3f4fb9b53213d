//! What keeps the registration of a client, written in the transactions of those who know of it. Always the last lock of its
//! transaction, so that no two wait for each other.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::DieselStore;
use super::connection::StoreConnection;
use super::failure::Failure;
use super::row::InvalidRow;
use super::schema::{clients, kept_clients};
use super::transaction::{Outcome, insert_in_savepoint, is_changed};
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::store::StoreError;
use crate::store::clients::{ClientNeed, ClientUse};

/// Notes that a client got tokens, where it is stored and that was not noted a moment ago.
pub(super) fn record(connection: &mut StoreConnection, client_use: &ClientUse) -> Result<(), Failure> {
    let noted_before = client_use.noted_before().microseconds();
    let due = clients::table.find(client_use.client.as_str()).filter(
        clients::last_used_at
            .is_null()
            .or(clients::last_used_at.le(noted_before)),
    );
    let end = Some(client_use.lapses_at().microseconds()).into_sql::<Nullable<BigInt>>();
    // A registration without an end keeps none.
    let latest = case_when(clients::expires_at.lt(end), end).otherwise(clients::expires_at);
    let update = diesel::update(due).set((
        clients::last_used_at.eq(client_use.at.microseconds()),
        clients::expires_at.eq(latest),
    ));
    is_changed(update.execute(connection)?).map(|_| ())
}

impl DieselStore {
    /// Inserts a row, and lets the registration of the client last that it needs; false if the row is there already.
    pub(super) fn insert_needing<R>(
        &self,
        operation: &'static str,
        need: Option<ClientNeed<'_>>,
        row: Result<R, InvalidRow>,
        insert: impl FnOnce(&mut StoreConnection, R) -> QueryResult<usize>,
    ) -> Result<bool, StoreError> {
        self.transaction(operation, |connection| {
            let row = row?;
            if !insert_in_savepoint(connection, |connection| insert(connection, row))? {
                return Ok(Outcome::Undo(false));
            }
            if let Some(need) = need {
                keep(connection, need)?;
            }
            Ok(Outcome::Keep(true))
        })
    }
}

/// Lets the registration of a client last as long as a login needs it.
fn keep(connection: &mut StoreConnection, need: ClientNeed<'_>) -> Result<(), Failure> {
    let until = need.until.microseconds();
    // A client that was used is not pushed out, and it is a busy one whose row had better be left alone.
    let unused = kept_clients::table
        .find(need.client.as_str())
        .filter(kept_clients::last_used_at.is_null())
        .filter(kept_clients::needed_until.lt(until));
    let needed = diesel::update(unused).set(kept_clients::needed_until.eq(until));
    is_changed(needed.execute(connection)?)?;
    prolong(connection, need.client, need.until).map(|_| ())
}

/// Moves the end of a registration later; false if that is not to be moved, or the registration is gone.
pub(super) fn prolong(
    connection: &mut StoreConnection,
    client: &ClientId,
    end: Timestamp,
) -> Result<bool, Failure> {
    let ending_earlier = clients::table
        .find(client.as_str())
        .filter(clients::expires_at.lt(end.microseconds()));
    let prolonged = diesel::update(ending_earlier).set(clients::expires_at.eq(end.microseconds()));
    is_changed(prolonged.execute(connection)?)
}
