//! Reading the public keys of clients that publish them under an address (`jwks_uri`, RFC 7591 section 2).
//!
//! * `address.rs`: whose addresses may be read, and from where.
//! * `source.rs`: one set from its server, over the one HTTP client of the product.
//! * `refusal.rs`: why there are no keys.
//! * `reader.rs`: what was read of late, and when it is read again.
//!
//! Sets are kept in memory alone, so many of them and no more; each replica reads for itself.
//!
//! Must not live here: what is verified with the keys.

mod address;
mod reader;
mod refusal;
mod source;
#[cfg(test)]
mod tests;

pub use address::KeyAddress;
pub use reader::KeySetReader;
pub use refusal::KeySetRefusal;
pub use source::{KeyReading, KeySetSource, OutboundKeySets, ReadKeySet, TIME_LIMIT};
