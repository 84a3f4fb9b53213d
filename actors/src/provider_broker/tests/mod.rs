//! The broker, asked through its messages: pages and decisions, sessions and consents, both ways to log in.

mod consents;
pub(crate) mod fake;
mod outside;
mod pages;
mod passwords;
mod sessions;
mod upstream;
