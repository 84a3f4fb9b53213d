//! `/mcp`: Streamable HTTP in both eras on one URL.
//!
//! - `post`: a message comes, an answer goes.
//! - `session`: the end of a legacy session, and what is not offered.
//! - `caller`: who asks, read off a request.
//! - `reply`: bodies and statuses.

mod caller;
pub(super) mod post;
mod reply;
pub(super) mod session;

use std::sync::Arc;

use actix_web::web::Data;

use crate::config::PublicUrl;
use crate::mcp::server::McpServer;
use crate::oauth::{ResourceServer, Services};

/// What the handlers of `/mcp` need.
#[derive(Clone)]
pub struct McpState {
    /// The protocol without HTTP.
    pub server: Arc<McpServer>,
    /// The name that users see: the project's.
    pub server_name: String,
    /// Which hosts and origins may ask.
    pub public_url: PublicUrl,
    /// Who may call; `None` while authentication is off.
    pub authentication: Option<Data<ResourceServer>>,
    /// Where tokens come from, if it is this server that issues them.
    pub authorization_server: Option<Data<Services>>,
    /// Whether legacy clients are served without sessions.
    pub stateless: bool,
}

/// A message of this size is the largest that is read. Larger ones are answered 413.
pub const MOST_BODY_BYTES: usize = 4 * 1024 * 1024;
