//! Clients that sign who they are (`private_key_jwt`): with keys that they registered, published or described themselves with.

mod client;
mod keys;
mod refusals;
