//! The identity providers, one file or folder each, and beside them what they have in common: [`token_endpoint`],
//! `authorization_request`, `calls`, and [`app`] for those without discovery.
//!
//! To add an outside provider: a file that implements [`super::provider::OutsideProvider`]. [`local`] is none of them:
//! its users log in at this server's own form.

pub mod app;
pub mod atlassian;
mod authorization_request;
mod calls;
pub mod github;
pub mod google;
pub mod keycloak;
pub mod local;
pub mod oidc;
pub mod salesforce;
pub mod token_endpoint;
