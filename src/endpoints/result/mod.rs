//! Results: which shape the rows take, and whether what comes out is what the definition declares.
//!
//! As much as possible is settled at load: where the types of the columns prove a part of the return type, that part is never
//! looked at again, and a contract that is proven as a whole costs nothing per call. What is left (a text's length, a
//! number's bounds, the inside of a JSON column) is checked on the encoded bytes, without building a tree of them.
//!
//! Must not live here: encoding (the engine), what policies hide, the protocol's envelope.

mod check;
mod contract;
mod error;
mod proof;
#[cfg(test)]
mod tests;
mod verify;

pub use contract::{Finding, OutputContract, Shape};
pub use error::OutputError;
