//! Enterprise-managed authorization: what identity providers that the operator trusts say about their users, in assertions that
//! clients bring (ID-JAG).
//!
//! * `messages.rs`: what can be asked.
//! * `actor.rs`: checks an assertion; the keys of its provider are read where they are not known.
//! * `handle.rs`: the way to ask, and to see whether the providers show their keys.
//!
//! How an assertion is checked is `provider_broker::providers::oidc::identity_assertions`. That it counts once is the store of
//! tokens' to say.
//!
//! | part | state | class |
//! |---|---|---|
//! | providers | their discovery documents and keys | derivable: fetched again |
//! | calls | assertions whose provider is asked for its keys | ephemeral: answered on stop |
//!
//! The handle admits 256 calls: each may take a provider that is asked for its keys a second.

pub mod actor;
mod handle;
pub mod messages;

pub use handle::IdentityAssertionsHandle;
pub use messages::CheckIdentityAssertion;
