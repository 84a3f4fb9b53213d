//! All actors together, asked through their handles only.

mod failures;
pub(crate) mod house;
mod login;
mod stopping;
mod sweeping;
