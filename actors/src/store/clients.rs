//! Clients that registered themselves, and those that a document describes. Configured ones are not kept here.

use std::time::Duration;

use super::StoreError;
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;
use crate::domain::pending_login::LoginPurpose;

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

/// That a grant was issued to a client or renewed, which is what counts as using its registration: whoever merely
/// authenticates holds nothing here. It is written by what issues tokens ([`super::TokenRepository`]) and by nothing else,
/// together with them or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientUse {
    /// Who got tokens. A client that is not stored, as a configured one, has nothing to be noted.
    pub client: ClientId,
    /// When.
    pub at: Timestamp,
    /// How long a registration lasts after its latest use.
    pub lifetime: Duration,
}

impl ClientUse {
    /// Uses closer together than this are noted as one, so that a busy client costs no write each time.
    pub const RESOLUTION: Duration = Duration::from_hours(1);

    /// A use that was noted after this moment stands for this one, too.
    pub(super) fn noted_before(&self) -> Timestamp {
        self.at - Self::RESOLUTION
    }

    /// When the registration lapses. Later by what may have been left out since.
    pub(super) fn lapses_at(&self) -> Timestamp {
        self.at + self.lifetime + Self::RESOLUTION
    }
}

/// A login under way, or a code that was not exchanged yet: what a registration must not be lost to that was never used. It is
/// written by what keeps these ([`super::InteractionRepository`], [`super::PendingLoginRepository`],
/// [`super::AuthorizationCodeRepository`]), together with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientNeed<'a> {
    /// Whose login it is.
    pub(super) client: &'a ClientId,
    /// When it is over, however slow the step is that begins in its last moment.
    pub(super) until: Timestamp,
}

impl<'a> ClientNeed<'a> {
    /// The longest time between the end of one of these and the beginning of the next: asking a provider, storing a grant.
    pub(super) const STEP: Duration = Duration::from_mins(1);

    /// What waits until `end` for its client.
    pub(super) fn waiting(client: &'a ClientId, end: Timestamp) -> Self {
        Self {
            client,
            until: end + Self::STEP,
        }
    }

    /// What a login waits for until `end`, if a client began it.
    pub(super) fn of_login(purpose: &'a LoginPurpose, end: Timestamp) -> Option<Self> {
        match purpose {
            LoginPurpose::Authorize(request) => Some(Self::waiting(&request.client, end)),
            LoginPurpose::SignIn => None,
        }
    }
}

/// Anybody can begin a login, without being a user. So of the unused clients, those with one included, there may be so many
/// times what is allowed without one, and then the oldest go all the same.
pub(super) const MOST_WITH_LOGINS: u64 = 10;

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

    /// Moves the end of a registration later, never earlier, without counting it as used. False if it is gone.
    fn prolong_client(&self, id: &ClientId, expires_at: Timestamp) -> Result<bool, StoreError>;

    /// Deletes up to `most` clients that have lapsed, and says how many.
    fn delete_expired_clients(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// Deletes the oldest clients that were never used until `kept` of those are left, and says how many. Of these it spares the
    /// ones whose login is under way or whose code waits, unless there are more than ten times `kept` unused ones in all.
    fn delete_unused_clients_beyond(&self, kept: u64, now: Timestamp) -> Result<u64, StoreError>;

    /// How many clients there are.
    fn count_clients(&self) -> Result<u64, StoreError>;
}
