//! Signed access tokens and their keys.

mod rotation;
mod schedule;
mod tokens;
