//! What happens to every request before a handler sees it, and to every response after.

pub mod origin;
pub mod request;
