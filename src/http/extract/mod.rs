//! What handlers need to know about a request before they can ask a use case: the client, the caller, the address.

pub mod bearer;
pub mod body;
pub(crate) mod client_credentials;
pub mod client_ip;
pub mod proof;
pub mod public_address;
pub(crate) mod single_header;
