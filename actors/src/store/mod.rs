//! What survives a restart: one repository trait per kind of thing, in a file of that name.
//!
//! `memory/` and `diesel/` implement the traits under the same file names; `conformance/` is the suite that each of
//! them must pass; `open.rs` opens the one that the operator asked for, with its keys. Rules live elsewhere: a
//! repository keeps, finds and decides races.
//!
//! Five things hold for every method:
//!
//! 1. It may block, so it is called on a blocking thread. It takes `&self` and may be called by many at once.
//! 2. "Not found" is `Ok(None)` or `Ok(false)`, never an error. A [`StoreError`] means that nothing was learnt and
//!    nothing may be concluded: nothing is deleted or rotated because of it.
//! 3. What must happen once is one conditional change, and the answer says whether this caller made it. Replicas
//!    share the store and nothing else, so no lock in a process can decide.
//! 4. What belongs together is one method, which does all of it or nothing.
//! 5. The time is a parameter. The store's own clock is never asked.
//!
//! To add a kind of thing: a trait here, its file in every store, its tests in `conformance/`, and its name in
//! [`Store`].

pub mod authorization_codes;
pub mod browser_sessions;
pub mod clients;
pub mod consents;
pub mod diesel;
mod error;
pub mod grants;
pub mod interactions;
mod key_file;
pub mod keys;
pub mod mcp_sessions;
pub mod memory;
pub mod open;
pub mod pending_logins;
mod private_file;
pub mod replay_identifiers;
pub mod signing_keys;
pub mod tokens;
pub mod users;

#[cfg(test)]
pub(crate) mod conformance;

pub use authorization_codes::AuthorizationCodeRepository;
pub use browser_sessions::BrowserSessionRepository;
pub use clients::ClientRepository;
pub use consents::ConsentRepository;
pub use error::{MintError, StoreError};
pub use grants::{GrantRepository, TakenTokens};
pub use interactions::InteractionRepository;
pub use key_file::KeyFileError;
pub use keys::KeyRepository;
pub use mcp_sessions::McpSessionRepository;
pub use memory::MemoryStore;
pub use pending_logins::PendingLoginRepository;
pub use replay_identifiers::ReplayIdentifierRepository;
pub use signing_keys::SigningKeyRepository;
pub use tokens::TokenRepository;
pub use users::UserRepository;

/// A place that keeps every kind of thing.
pub trait Store:
    AuthorizationCodeRepository
    + BrowserSessionRepository
    + ClientRepository
    + ConsentRepository
    + GrantRepository
    + InteractionRepository
    + KeyRepository
    + McpSessionRepository
    + PendingLoginRepository
    + ReplayIdentifierRepository
    + SigningKeyRepository
    + TokenRepository
    + UserRepository
{
}

impl<T> Store for T where
    T: AuthorizationCodeRepository
        + BrowserSessionRepository
        + ClientRepository
        + ConsentRepository
        + GrantRepository
        + InteractionRepository
        + KeyRepository
        + McpSessionRepository
        + PendingLoginRepository
        + ReplayIdentifierRepository
        + SigningKeyRepository
        + TokenRepository
        + UserRepository
{
}
