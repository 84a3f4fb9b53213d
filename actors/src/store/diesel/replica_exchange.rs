//! Messages between replicas: rows of a table, and NOTIFY with the row's id on a channel that every replica listens to.
//!
//! The line is a connection of its own, because a connection that went back to a pool would take its notifications
//! along, and because it must not wait behind calls. A connection pooler that gives a session another connection for each
//! transaction does not carry notifications; the bus then says nothing wrong, it says nothing.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use diesel::{PgConnection, sql_query};

use super::connection::{Place, StoreConnection, StoreLimits};
use super::failure::Failure;
use super::schema::replica_messages;
use super::sweep::{self, SweepLock, delete_ended};
use crate::domain::clock::Timestamp;
use crate::replica_bus::exchange::{Exchange, Line, LineLost};

/// One statement, so that the row and its notification are committed together.
const SAY: &str = "WITH said AS (
        INSERT INTO replica_messages (origin, payload, said_at) SELECT $1, unnest($2), $3 RETURNING id
    ) SELECT pg_notify('mxcp_actor_replicas', id::text) FROM said";

const LISTEN: &str = "LISTEN mxcp_actor_replicas";

/// The most messages that are deleted at once.
const MOST_FORGOTTEN: u32 = 1_000;

/// The table and the channel in one PostgreSQL database.
pub(super) struct PostgresqlExchange {
    place: Place,
    limits: StoreLimits,
}

impl PostgresqlExchange {
    pub(super) fn new(place: &Place, limits: StoreLimits) -> Self {
        Self {
            place: place.clone(),
            limits,
        }
    }
}

impl Exchange for PostgresqlExchange {
    fn connect(&self, replica: &str) -> Result<Box<dyn Line>, LineLost> {
        let mut connection = self.place.connect(&self.limits).map_err(lost)?;
        let listening = postgresql(&mut connection)?.batch_execute(LISTEN);
        listening.map_err(lost)?;
        Ok(Box::new(PostgresqlLine {
            connection,
            replica: replica.to_owned(),
        }))
    }
}

struct PostgresqlLine {
    connection: StoreConnection,
    replica: String,
}

impl PostgresqlLine {
    /// The numbers of the messages that were notified of since the last call.
    fn notified(&mut self) -> Result<Vec<i64>, LineLost> {
        let mut numbers = Vec::new();
        for notification in postgresql(&mut self.connection)?.notifications_iter() {
            let notification = notification.map_err(lost)?;
            // Anybody who may connect to the database may notify; what is no number is not ours.
            numbers.extend(notification.payload.parse::<i64>());
        }
        Ok(numbers)
    }
}

impl Line for PostgresqlLine {
    fn say(&mut self, texts: &[String], now: Timestamp) -> Result<(), LineLost> {
        let said = sql_query(SAY)
            .bind::<Text, _>(&self.replica)
            .bind::<Array<Text>, _>(texts)
            .bind::<BigInt, _>(now.microseconds())
            .execute(postgresql(&mut self.connection)?);
        said.map(|_| ()).map_err(lost)
    }

    fn receive(&mut self) -> Result<Vec<String>, LineLost> {
        let numbers = self.notified()?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let texts = replica_messages::table
            .filter(replica_messages::id.eq_any(numbers))
            .filter(replica_messages::origin.ne(&self.replica))
            .order(replica_messages::id)
            .select(replica_messages::payload)
            .load(postgresql(&mut self.connection)?);
        texts.map_err(lost)
    }

    fn forget(&mut self, until: Timestamp) -> Result<(), LineLost> {
        let forget = |connection: &mut StoreConnection| {
            Ok(delete_ended!(
                connection,
                replica_messages.id,
                said_at <= until,
                MOST_FORGOTTEN
            )?)
        };
        let forgotten = sweep::sweep(&mut self.connection, SweepLock::ReplicaMessages, forget);
        forgotten.map(|_: u64| ()).map_err(lost)
    }
}

fn postgresql(connection: &mut StoreConnection) -> Result<&mut PgConnection, LineLost> {
    match connection {
        StoreConnection::Postgresql(postgresql) => Ok(postgresql),
        StoreConnection::Sqlite(_) => Err(LineLost("an SQLite file has no other processes".to_owned())),
    }
}

fn lost(failure: impl Into<Failure>) -> LineLost {
    LineLost(failure.into().reason())
}
