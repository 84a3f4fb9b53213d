//! Reading the documents of clients whose identifier is a URL (draft-ietf-oauth-client-id-metadata-document).
//!
//! * `source.rs`: one document from its server, over the one HTTP client of the product.
//! * `refusal.rs`: why a document is not relied on.
//! * `reader.rs`: how many documents are read at once, how often, and for whom.
//!
//! What a document says is kept in the store, as a client like any other, so that every replica and every later request
//! finds it there; nothing of it stays here. A failure is not kept at all: how often a server is asked is bounded instead.
//!
//! Must not live here: which documents are accepted and for how long (`domain::client`), and the store.

mod reader;
mod refusal;
mod source;
#[cfg(test)]
mod tests;

pub use reader::DocumentReader;
pub use refusal::DocumentRefusal;
pub use source::{DocumentSource, OutboundDocuments, ReadDocument, Reading, TIME_LIMIT};
