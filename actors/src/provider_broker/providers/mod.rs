//! The identity providers, one file each.
//!
//! To add an outside provider: a file that implements [`super::provider::OutsideProvider`]. [`local`] is none of them:
//! its users log in at this server's own form.

pub mod github;
pub mod local;
