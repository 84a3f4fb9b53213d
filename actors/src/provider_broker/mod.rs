//! The broker: brings a user from an authorization request to a decision, through this server's pages and, if users log
//! in elsewhere, through an outside identity provider.
//!
//! | part | state | class |
//! |---|---|---|
//! | store | interactions, pending logins, browser sessions, consents, users | durable: the next request may reach another replica |
//! | local users | names and password hashes | derivable: from the configuration |
//! | throttle | wrong passwords, in a fixed number of slots | ephemeral: a restart forgives |
//! | refreshes | upstream refreshes under way, by grant | ephemeral: their callers ask again |
//! | releases | tokens on their way back to the provider, at most 512 | ephemeral: a token without use ends by itself |
//! | health | since when the provider does not answer | ephemeral: the next call finds out |
//! | passwords | the permits under which they are compared | ephemeral |
//!
//! The handle admits 512 calls: what the pools take, and logins that wait for a provider, which takes seconds.
//!
//! Users of provider `local` log in first and are asked for consent then; at an outside provider it is the other way
//! round, so that nobody is sent there for a client that they have not seen.
//!
//! - [`messages`], [`errors`], [`ApprovedRequest`]: what can be asked of it, and what it answers.
//! - [`rules`], `sessions`, `consents`, `pending`: how; plain functions over the repositories.
//! - [`password_login`], [`outside_login`]: the two ways to log in, in their order and on their threads.
//! - [`throttle`]: how many wrong passwords are borne.
//! - [`releases`]: how tokens go back to the provider without anybody waiting for it.
//! - [`provider`]: what an outside provider must be able to do; [`providers`]: those that do, with `token_answer` and
//!   [`claim_mappings`] for what they have in common. [`health`]: whether the provider answers.

pub mod actor;
mod approved_request;
pub mod claim_mappings;
mod consents;
pub mod errors;
pub mod health;
pub mod messages;
pub mod outside_login;
pub mod password_login;
mod pending;
pub mod provider;
pub mod providers;
pub mod releases;
pub mod rules;
mod sessions;
pub mod settings;
#[cfg(test)]
pub(crate) mod tests;
pub mod throttle;
mod token_answer;
pub mod user_mapping;

pub use approved_request::ApprovedRequest;
