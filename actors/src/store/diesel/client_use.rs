//! What keeps the registration of a client, written in the transactions of those who know of it. Always the last lock of its
//! transaction, so that no two wait for each other.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::connection::StoreConnection;
use super::failure::Failure;
use super::schema::clients;
use super::transaction::is_changed;
use crate::store::clients::ClientUse;

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
