//! Keys and signatures of JSON Object Signing: JWK sets (RFC 7517, 7518, 8037) and compact signatures (RFC 7515).
//!
//! What is signed is bytes: what they mean, whom they name and when they end is decided where they are used. There is
//! no clock and no network here.
//!
//! - [`SignatureAlgorithm`]: the algorithms there are, all asymmetric. A shared secret is never a key, and `none` is no
//!   algorithm, so that neither can be chosen by whoever wrote a header.
//! - [`JwkSet`]: the public keys of somebody. A key that cannot be used is left out.
//! - [`UnverifiedJws`]: a signed text that was taken apart. Its payload is seen by verifying it; before that it says only whose
//!   keys it wants to be verified with.
//! - [`PrivateKey`]: a key of this server, and what it signs. [`thumbprint`]: the name that follows from a public key.
//! - [`object`]: JSON objects in which no member stands twice.
//!
//! ring makes and checks the signatures. The crates that do all of this read the system's clock, or bring an RSA implementation
//! whose timing gives private keys away (RUSTSEC-2023-0071); what is left to do beside ring is small.

mod algorithm;
mod compact;
mod encoding;
mod key;
mod key_set;
pub mod object;
mod private_key;
#[cfg(test)]
mod tests;
mod thumbprint;

pub use algorithm::SignatureAlgorithm;
pub use compact::{JwsError, UnverifiedJws};
pub(crate) use key::PRIVATE_MEMBERS;
pub use key_set::{JwkSet, KeySetError};
pub use private_key::{InvalidPrivateKey, PrivateKey, SigningAlgorithm, SigningError};
pub use thumbprint::thumbprint;
