//! Clients that registered themselves, and those that a document describes. Configured ones are not kept here.

use super::StoreError;
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;

/// What became of a new client.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientInsertion {
    /// It was stored.
    Inserted,
    /// A client with the same fingerprint is there already and was left as it is.
    EqualExists(Box<Client>),
    /// Another client has the identifier; nothing was stored.
    IdTaken,
}

/// Keeps clients.
pub trait ClientRepository: Send + Sync {
    /// Stores a client. With a `fingerprint`, at most one unexpired client has that fingerprint, however many
    /// register at once; an expired one gives way.
    fn insert_client(
        &self,
        client: &Client,
        fingerprint: Option<&[u8; 32]>,
        now: Timestamp,
    ) -> Result<ClientInsertion, StoreError>;

    /// Stores a client that a document describes, in place of what the document said before. When the client was
    /// last used stays as it is, and its end is moved later, never earlier.
    fn put_described_client(&self, client: &Client) -> Result<(), StoreError>;

    /// The client with this identifier, expired or not.
    fn find_client(&self, id: &ClientId) -> Result<Option<Client>, StoreError>;

    /// Notes that the client was used and when it lapses now. False if it is gone.
    fn record_client_use(
        &self,
        id: &ClientId,
        used_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Moves the end of a registration later, never earlier, without counting it as used. False if it is gone.
    fn prolong_client(&self, id: &ClientId, expires_at: Timestamp) -> Result<bool, StoreError>;

    /// Deletes up to `most` clients that have lapsed, and says how many.
    fn delete_expired_clients(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// Deletes the oldest clients that were never used until `kept` of those are left, and says how many.
    fn delete_unused_clients_beyond(&self, kept: u64) -> Result<u64, StoreError>;

    /// How many clients there are.
    fn count_clients(&self) -> Result<u64, StoreError>;
}
